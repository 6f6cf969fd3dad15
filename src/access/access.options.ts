import type { PasswordHasherOptions } from './password/password-hasher.js';

export interface AccessOptions {
  /** a replica signs people in with their replica passwords and refuses every change */
  readonly role: 'primary' | 'replica';
  /** part of the cookie's name: ports of one host share their cookies */
  readonly installation: string;
  /** where people reach the server; decides the Secure flag and which Origin is our own */
  readonly publicUrl: string;
  /** told by GET /me */
  readonly version: string;
  /** a session ends when it was not used for so long; 8 hours when left out */
  readonly sessionIdleMs?: number;
  /** a session ends so long after sign-in; 7 days when left out */
  readonly sessionAbsoluteMs?: number;
  readonly passwords?: PasswordHasherOptions;
}

/** Nest token of the AccessOptions. */
export const ACCESS_OPTIONS = Symbol('ACCESS_OPTIONS');

const hourMs = 3_600_000;
export const defaultSessionIdleMs = 8 * hourMs;
export const defaultSessionAbsoluteMs = 7 * 24 * hourMs;
