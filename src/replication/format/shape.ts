import { malformed } from './format.errors.js';
import { LIMITS } from './limits.js';
import { decodeBase64 } from './strict-encoding.js';

/** Reads a value of one shape or throws FormatError naming the member. */
export type Shape<T> = (value: unknown, at: string) => T;
type Members = Record<string, Shape<unknown>>;
type Read<M extends Members> = { [K in keyof M]: ReturnType<M[K]> };

/** An object with exactly these members: one missing or one unknown is refused. Only optional ones may be missing. */
export function object<M extends Members>(members: M): Shape<Read<M>>;
export function object<M extends Members, O extends Members>(
  members: M,
  optional: O,
): Shape<Read<M> & Partial<Read<O>>>;
export function object(members: Members, optional: Members = {}): Shape<Record<string, unknown>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(`${at}: expected an object`);
    const given = value as Record<string, unknown>;
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(members, name) && !Object.hasOwn(optional, name))
        throw malformed(`${at}: unknown member ${JSON.stringify(name.slice(0, 40))}`);
    }
    const result: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(members)) {
      if (!Object.hasOwn(given, name)) throw malformed(`${at}.${name}: missing`);
      result[name] = shape(given[name], `${at}.${name}`);
    }
    for (const [name, shape] of Object.entries(optional))
      if (Object.hasOwn(given, name)) result[name] = shape(given[name], `${at}.${name}`);
    return result;
  };
}

export function array<T>(item: Shape<T>, max: number, min = 0): Shape<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw malformed(`${at}: expected a list`);
    if (value.length > max || value.length < min)
      throw malformed(`${at}: expected ${String(min)} to ${String(max)} entries`);
    return value.map((entry, index) => item(entry, `${at}[${String(index)}]`));
  };
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, at) => (value === null ? null : shape(value, at));
}

export function oneOf<const T extends string>(...allowed: T[]): Shape<T> {
  return (value, at) => {
    const found = allowed.find((entry) => entry === value);
    if (found === undefined) throw malformed(`${at}: expected ${allowed.join(' or ')}`);
    return found;
  };
}

export function text(
  pattern: RegExp,
  expectation: string,
  max: number = LIMITS.maxNameLength,
): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string' || value.length > max || !pattern.test(value)) {
      throw malformed(`${at}: expected ${expectation}`);
    }
    return value;
  };
}

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value, at) => {
    if (
      typeof value !== 'number' ||
      !Number.isSafeInteger(value) ||
      value < min ||
      value > max ||
      Object.is(value, -0)
    ) {
      throw malformed(`${at}: expected a whole number from ${String(min)} to ${String(max)}`);
    }
    return value;
  };
}

export function base64(bytes: number): Shape<string> {
  return (value, at) => {
    if (typeof value !== 'string' || decodeBase64(value, at).length !== bytes) {
      throw malformed(`${at}: expected ${String(bytes)} bytes in base64`);
    }
    return value;
  };
}

/** `2026-11-22T08:30:00.000Z` and no other spelling */
export const timestamp: Shape<string> = (value, at) => {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (typeof value !== 'string' || Number.isNaN(time) || new Date(time).toISOString() !== value) {
    throw malformed(`${at}: expected a time like 2026-11-22T08:30:00.000Z`);
  }
  return value;
};

export const sha256Hex = text(/^[0-9a-f]{64}$/, '64 lower-case hex digits');
export const tenantName = text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a tenant name (a-z 0-9 -, up to 63)');
export const replicaName = text(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a replica name (a-z 0-9 -, up to 63)');
export const typeName = text(/^[a-z][A-Za-z0-9_]{0,62}$/, 'a type name');
export const recipientKey = text(/^age1[02-9ac-hj-np-z]{58}$/, 'an age X25519 recipient');
export const objectName = text(/^[a-z]{1,8}(\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, 'an object name');
