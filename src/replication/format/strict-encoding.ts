import { malformed } from './format.errors.js';

/** Canonical base64 (RFC 4648, section 4, with padding) and nothing else: Node's own decoder skips what it does not know. */
export function decodeBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw malformed(`${what}: not canonical base64`);
  return bytes;
}

export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw malformed(`${what}: not UTF-8`, error);
  }
}

/**
 * Parses JSON that must be exactly what `JSON.stringify` would write for the same value: no spaces, no duplicate
 * members, one spelling of each string and number. So no byte of an object can change without changing its meaning.
 */
export function parseExactJson(bytes: Uint8Array, what: string): unknown {
  const text = decodeUtf8(bytes, what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`${what}: not JSON`, error);
  }
  if (JSON.stringify(value) !== text) throw malformed(`${what}: not in its one exact spelling`);
  return value;
}
