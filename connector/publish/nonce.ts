import { randomBytes } from 'node:crypto';

/** 16 random bytes in hex: by this a publisher knows its own manifest again. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}
