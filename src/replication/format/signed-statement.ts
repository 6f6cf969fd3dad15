import { assertSigned, openEnvelope } from './envelope.js';
import { FormatError } from './format.errors.js';
import { KNOWN_FEATURES, READER_LEVEL } from './limits.js';
import { parseExactJson } from './strict-encoding.js';
import { digestOf, keysById, type TrustChain, type TrustRoot } from './trust-root.js';
import type { Shape } from './shape.js';

interface Statement {
  tenant: string;
  root: number;
}

export interface StatementExpectation {
  tenant: string;
  /**
   * Digest of this very object, known from a chain whose newest end a current key signed. Without it only keys of the
   * newest root count: a retired key must not be able to sign anything new.
   */
  anchor?: string;
}

/**
 * Opens what a manifest key signed: signature first, then whether this program is new enough, then the members, then
 * tenant, then that the root which the statement names did trust the key.
 */
export function openStatement<T extends Statement>(
  bytes: Buffer,
  options: { payloadType: string; maxBytes: number; shape: Shape<T>; what: string },
  trust: TrustChain,
  expect: StatementExpectation,
): T {
  const { payloadType, maxBytes, shape, what } = options;
  const envelope = openEnvelope(bytes, payloadType, maxBytes);
  const signed = assertSigned(envelope, trust.manifestKeys(), what);
  const value = parseExactJson(envelope.payload, what);
  assertReadable(value, what);
  const statement = shape(value, what);
  if (statement.tenant !== expect.tenant)
    throw new FormatError('format.other_tenant', `${what}: belongs to another tenant`);
  assertTrusted(signed, trust.root(statement.root), what);
  if (expect.anchor === undefined) assertTrusted(signed, trust.current, what);
  else if (digestOf(bytes) !== expect.anchor) {
    throw new FormatError('format.chain_broken', `${what}: not the one that its successors continue`);
  }
  return statement;
}

function assertTrusted(signed: ReadonlySet<string>, root: TrustRoot, what: string): void {
  const allowed = keysById(root.manifestKeys);
  for (const id of signed) {
    if (allowed.has(id)) continue;
    throw new FormatError(
      'format.signature_invalid',
      `${what}: root ${String(root.version)} does not trust its key`,
    );
  }
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
