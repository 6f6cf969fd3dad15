import { assertSigned, openEnvelope } from './envelope.js';
import { FormatError } from './format.errors.js';
import { KNOWN_FEATURES, READER_LEVEL } from './limits.js';
import { parseExactJson } from './strict-encoding.js';
import { keysById, type TrustChain } from './trust-root.js';
import type { Shape } from './shape.js';

interface Statement {
  tenant: string;
  root: number;
}

/**
 * Opens what a manifest key signed: signature first, then whether this program is new enough, then the members, then
 * tenant, then that the root which the statement names did trust the key.
 */
export function openStatement<T extends Statement>(
  bytes: Buffer,
  options: { payloadType: string; maxBytes: number; shape: Shape<T>; what: string },
  trust: TrustChain,
  expect: { tenant: string },
): T {
  const { payloadType, maxBytes, shape, what } = options;
  const envelope = openEnvelope(bytes, payloadType, maxBytes);
  const signed = assertSigned(envelope, trust.manifestKeys(), what);
  const value = parseExactJson(envelope.payload, what);
  assertReadable(value, what);
  const statement = shape(value, what);
  if (statement.tenant !== expect.tenant)
    throw new FormatError('format.other_tenant', `${what}: belongs to another tenant`);
  const allowed = keysById(trust.root(statement.root).manifestKeys);
  for (const id of signed) {
    if (!allowed.has(id)) {
      throw new FormatError(
        'format.signature_invalid',
        `${what}: root ${String(statement.root)} does not trust its key`,
      );
    }
  }
  return statement;
}

/** Before the members are checked, since a newer format may have members that look unknown here. */
function assertReadable(value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null) return;
  if ('minReader' in value && typeof value.minReader === 'number' && value.minReader > READER_LEVEL) {
    throw new FormatError(
      'format.reader_too_old',
      `${what}: needs reader level ${String(value.minReader)}, this is ${String(READER_LEVEL)}`,
    );
  }
  if (!('features' in value) || !Array.isArray(value.features)) return;
  const unknown = (value.features as unknown[]).find(
    (name) => typeof name === 'string' && !KNOWN_FEATURES.includes(name),
  );
  if (unknown !== undefined)
    throw new FormatError('format.reader_too_old', `${what}: uses a feature that this reader does not know`);
}
