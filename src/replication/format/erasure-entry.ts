import { assertSigned, openEnvelope, signEnvelope } from './envelope.js';
import { LIMITS } from './limits.js';
import { nullable, object, oneOf, sha256Hex, tenantName, text, timestamp, typeName, whole } from './shape.js';
import { keyIdOf, type Signer } from './signing-key.js';
import { parseExactJson } from './strict-encoding.js';

export const ERASURE_TYPE = 'application/vnd.holdfast.erasure+json';

/** One line of the ledger that must survive every restore. It stays on premises: it names the subject. */
export interface ErasureEntry {
  format: 'holdfast-erasure/1';
  tenant: string;
  /** from 1, without a gap */
  sequence: number;
  id: string;
  subject: { type: string; id: string };
  urgent: boolean;
  requestedAt: string;
  /** SHA-256 of the entry before; null in the first */
  previous: string | null;
}

const uuid = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID');
const shape = object({
  format: oneOf('holdfast-erasure/1'),
  tenant: tenantName,
  sequence: whole(1),
  id: uuid,
  subject: object({ type: typeName, id: uuid }),
  urgent: (value: unknown, at: string) =>
    oneOf('yes', 'no')(value === true ? 'yes' : value === false ? 'no' : value, at) === 'yes',
  requestedAt: timestamp,
  previous: nullable(sha256Hex),
});

export function signErasure(entry: ErasureEntry, signer: Signer): Buffer {
  return signEnvelope(ERASURE_TYPE, shape(entry, 'erasure'), [signer]);
}

/** @param publicKey base64, of the server's own ledger key @throws FormatError */
export function verifyErasure(bytes: Buffer, publicKey: string): ErasureEntry {
  const envelope = openEnvelope(bytes, ERASURE_TYPE, LIMITS.maxSmallObjectBytes);
  assertSigned(envelope, new Map([[keyIdOf(publicKey), publicKey]]), 'erasure');
  return shape(parseExactJson(envelope.payload, 'erasure'), 'erasure');
}
