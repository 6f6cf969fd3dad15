import type { FastifyRequest } from 'fastify';
import { CrossSiteRequest } from '../access.errors.js';
import { isSameSecret } from '../identity/secret-token.js';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

/**
 * Refuses what a browser says another site has sent. Callers that are no browsers send neither header and pass:
 * no page can leave them out. @throws CrossSiteRequest
 */
export function refuseOtherSites(request: FastifyRequest, publicUrl: string): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new CrossSiteRequest();
  const { origin } = request.headers;
  if (origin === undefined) return;
  const isOurs = origin === new URL(publicUrl).origin || hostOf(origin) === request.headers.host;
  if (!isOurs) throw new CrossSiteRequest();
}

/** The header is one that no form and no cross-site script can set. @throws CrossSiteRequest */
export function requireCsrfToken(request: FastifyRequest, expected: string): void {
  const given = request.headers['x-csrf-token'];
  if (typeof given !== 'string' || !isSameSecret(given, expected)) throw new CrossSiteRequest();
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
