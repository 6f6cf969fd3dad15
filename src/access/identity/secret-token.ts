import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const tokenBytes = 32;

/** 256 random bits as base64url: too many to guess, so a fast hash is enough to store it safely. */
export function newSecret(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** Bound to the session and computed from its secret, so that the database need not hold it. */
export function csrfTokenFor(sessionSecret: string): string {
  return createHmac('sha256', sessionSecret).update('holdfast csrf').digest('base64url');
}

/** Hashed first: the comparison takes the same time whatever the lengths. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(hashSecret(a), hashSecret(b));
}
