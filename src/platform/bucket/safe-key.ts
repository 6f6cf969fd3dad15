import { UnsafeObjectKey } from './bucket.errors.js';

const MAX_KEY_BYTES = 512;
const MAX_SEGMENT_BYTES = 200;
const segment = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/**
 * One alphabet for every kind of bucket: what is a safe file name on all systems. A segment never starts with a dot,
 * so neither `..` nor the folder bucket's own temporary files can be named.
 */
export function assertSafeKey(key: string): void {
  if (key.length === 0) throw new UnsafeObjectKey('it is empty');
  if (key.length > MAX_KEY_BYTES)
    throw new UnsafeObjectKey(`longer than ${String(MAX_KEY_BYTES)} characters`);
  for (const part of key.split('/')) {
    if (part.length > MAX_SEGMENT_BYTES) throw new UnsafeObjectKey('a segment is too long');
    if (!segment.test(part))
      throw new UnsafeObjectKey('segments hold A-Z a-z 0-9 _ . - and start with no dot or hyphen');
  }
}

/** A prefix may be empty or end in the middle of a segment or in a slash. */
export function assertSafePrefix(prefix: string): void {
  if (prefix === '') return;
  assertSafeKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}
