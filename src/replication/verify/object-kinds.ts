import {
  beatKey,
  blobPrefix,
  parseAckKey,
  parseManifestKey,
  parsePartKey,
  parseRootKey,
} from '../format/index.js';

export interface EnvelopeKind {
  prefix: string;
  payloadType: string;
  /** whose signature counts */
  signer: 'manifest' | 'audit';
}

export interface ObjectKind {
  name: string;
  isKey: (key: string) => boolean;
  /** only of kinds that are nothing but signed envelopes: they are checked by this entry alone */
  envelopes?: EnvelopeKind;
}

const plain = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const inFolder = (prefix: string) => (key: string) =>
  key.startsWith(prefix) && plain.test(key.slice(prefix.length));

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
    isKey: inFolder('receipts/'),
    envelopes: {
      prefix: 'receipts/',
      payloadType: 'application/vnd.holdfast.receipt+json',
      signer: 'manifest',
    },
  },
  {
    name: 'checkpoint',
    isKey: inFolder('audit/'),
    envelopes: {
      prefix: 'audit/',
      payloadType: 'application/vnd.holdfast.checkpoint+json',
      signer: 'audit',
    },
  },
];

export function kindOf(key: string): ObjectKind | null {
  return OBJECT_KINDS.find((kind) => kind.isKey(key)) ?? null;
}

function isBlobKey(key: string): boolean {
  const [version = '', name = '', ...more] = key.slice(blobPrefix.length).split('/');
  return key.startsWith(blobPrefix) && /^\d+$/.test(version) && plain.test(name) && more.length === 0;
}
