import { auditOrigin, openCheckpoint } from '../../audit/index.js';
import {
  auditCheckpointKey,
  auditCheckpointPrefix,
  beatKey,
  blobPrefix,
  digestOf,
  FormatError,
  parseAckKey,
  parseAuditCheckpointKey,
  parseManifestKey,
  parsePartKey,
  parseRootKey,
  receiptKey,
  receiptPrefix,
  verifyReceipt,
  verifySignature,
  type TrustChain,
} from '../format/index.js';

export interface StatementKind {
  prefix: string;
  /**
   * @returns the key that it belongs under
   * @throws FormatError
   */
  verify: (bytes: Buffer, trust: TrustChain) => string;
}

export interface ObjectKind {
  name: string;
  isKey: (key: string) => boolean;
  /** only of kinds that stand by their signature alone: they are checked by this entry alone */
  statements?: StatementKind;
}

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
    statements: { prefix: receiptPrefix, verify: placeOfReceipt },
  },
  {
    name: 'checkpoint',
    isKey: (key) => parseAuditCheckpointKey(key) !== null,
    statements: { prefix: auditCheckpointPrefix, verify: placeOfCheckpoint },
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

/** A signed note and no envelope. A line by an unknown witness would be bytes that nobody vouches for. */
function placeOfCheckpoint(bytes: Buffer, trust: TrustChain): string {
  const note = bytes.toString('utf8');
  const opened = openCheckpoint(note, {
    origin: auditOrigin(trust.current.tenant),
    publicKeys: [...trust.auditKeys().values()],
    check: verifySignature,
  });
  const signatures = note.slice(note.lastIndexOf('\n\n') + 2, -1).split('\n');
  if (opened === null || signatures.length !== 1 || !Buffer.from(note).equals(bytes))
    throw new FormatError('format.signature_invalid', 'checkpoint: no note that one audit key signed');
  return auditCheckpointKey(opened.size);
}
