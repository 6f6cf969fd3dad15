/** For everything that is not a page: nothing in it may run or load anything. */
export const API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** The web UI. Emotion (MUI) puts its styles into <style> elements, which carry the nonce. */
export function pageCsp(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** Swagger UI writes style attributes, which no nonce can cover; its scripts are files of ours. */
export const DOCS_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const YEAR_SECONDS = 31_536_000;

// Made once: they go with every answer.
const pages = { overHttp: headersWith(API_CSP, false), overHttps: headersWith(API_CSP, true) };
const docs = { overHttp: headersWith(DOCS_CSP, false), overHttps: headersWith(DOCS_CSP, true) };

/** On every answer. */
export function securityHeaders(path: string, isHttps: boolean): Readonly<Record<string, string>> {
  const isDocs = path === '/api/docs' || path.startsWith('/api/docs/');
  return (isDocs ? docs : pages)[isHttps ? 'overHttps' : 'overHttp'];
}

function headersWith(csp: string, isHttps: boolean): Readonly<Record<string, string>> {
  return {
    'content-security-policy': csp,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'x-permitted-cross-domain-policies': 'none',
    ...(isHttps ? { 'strict-transport-security': `max-age=${YEAR_SECONDS}; includeSubDomains` } : {}),
  };
}
