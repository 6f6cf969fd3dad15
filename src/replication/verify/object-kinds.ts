import {
  assertSigned,
  beatKey,
  blobPrefix,
  digestOf,
  LIMITS,
  openEnvelope,
  parseAckKey,
  parseManifestKey,
  parsePartKey,
  parseRootKey,
  receiptKey,
  receiptPrefix,
  verifyReceipt,
  type TrustChain,
} from '../format/index.js';

export interface EnvelopeKind {
  prefix: string;
  /**
   * @returns the key that it belongs under; null where its members do not say
   * @throws FormatError
   */
  verify: (bytes: Buffer, trust: TrustChain) => string | null;
}

export interface ObjectKind {
  name: string;
  isKey: (key: string) => boolean;
  /** only of kinds that are nothing but signed envelopes: they are checked by this entry alone */
  envelopes?: EnvelopeKind;
}

const AUDIT_PREFIX = 'audit/';
const CHECKPOINT_TYPE = 'application/vnd.holdfast.checkpoint+json';
const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** Every kind of object that may lie in a bucket. A key that is none of them is reported. */
export const OBJECT_KINDS: readonly ObjectKind[] = [
  { name: 'root', isKey: (key) => parseRootKey(key) !== null },
  { name: 'beat', isKey: (key) => key === beatKey },
  { name: 'manifest', isKey: (key) => parseManifestKey(key) !== null },
  { name: 'part', isKey: (key) => parsePartKey(key) !== null },
  { name: 'attachment', isKey: isBlobKey },
  { name: 'ack', isKey: (key) => parseAckKey(key) !== null },
  {
    name: 'receipt',
    isKey: (key) => /^receipts\/\d{8}\.json$/.test(key),
    envelopes: { prefix: receiptPrefix, verify: placeOfReceipt },
  },
  {
    name: 'checkpoint',
    isKey: (key) => key.startsWith(AUDIT_PREFIX) && plain.test(key.slice(AUDIT_PREFIX.length)),
    envelopes: { prefix: AUDIT_PREFIX, verify: verifyCheckpoint },
  },
];

export function kindOf(key: string): ObjectKind | null {
  return OBJECT_KINDS.find((kind) => kind.isKey(key)) ?? null;
}

function isBlobKey(key: string): boolean {
  const [version = '', name = '', ...more] = key.slice(blobPrefix.length).split('/');
  return key.startsWith(blobPrefix) && /^\d+$/.test(version) && plain.test(name) && more.length === 0;
}

/** One that was signed before a key was retired stays good: it is a record of then. */
function placeOfReceipt(bytes: Buffer, trust: TrustChain): string {
  const expect = { tenant: trust.current.tenant, anchor: digestOf(bytes) };
  return receiptKey(verifyReceipt(bytes, trust, expect).generation);
}

function verifyCheckpoint(bytes: Buffer, trust: TrustChain): null {
  const envelope = openEnvelope(bytes, CHECKPOINT_TYPE, LIMITS.maxSmallObjectBytes);
  assertSigned(envelope, trust.auditKeys(), 'checkpoint');
  return null;
}
