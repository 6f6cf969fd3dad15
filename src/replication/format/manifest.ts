import { signEnvelope } from './envelope.js';
import { FormatError } from './format.errors.js';
import { FIRST_N, LIMITS } from './limits.js';
import type { PartEntry } from './part-writer.js';
import {
  array,
  nullable,
  object,
  objectName,
  oneOf,
  recipientKey,
  sha256Hex,
  tenantName,
  text,
  timestamp,
  typeName,
  whole,
} from './shape.js';
import { openStatement, type StatementExpectation } from './signed-statement.js';
import type { Signer } from './signing-key.js';
import { digestOf, type TrustChain } from './trust-root.js';

export const MANIFEST_TYPE = 'application/vnd.holdfast.manifest+json';

export interface TypeState {
  type: string;
  /** lines of this batch */
  upserts: number;
  deletes: number;
  /** rows after applying it */
  count: number;
  /** multiset hash of all rows after applying it */
  checksum: string;
}

export interface BlobEntry {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Manifest {
  format: 'holdfast-replica/1';
  tenant: string;
  /** version of the trust root in force; never falls along a chain */
  root: number;
  generation: number;
  /** 1 is the generation's snapshot, every later one a delta */
  n: number;
  kind: 'snapshot' | 'delta';
  /** 16 random bytes in hex: tells one's own object from another's after a lost answer */
  nonce: string;
  /** SHA-256 of the previous manifest object; null only where a generation starts without a predecessor */
  previous: string | null;
  /** this snapshot is the very state of an older manifest (compaction); a replica standing there need not load it */
  equals: { generation: number; n: number; manifest: string } | null;
  /** lease epoch of the connector that sealed it */
  epoch: number;
  policy: { version: number; hash: string };
  schemaVersion: number;
  minReader: number;
  features: string[];
  /** time of the source snapshot */
  asOf: string;
  createdAt: string;
  /** age recipients that the parts are sealed to */
  recipients: string[];
  parts: PartEntry[];
  /** every published type, changed or not */
  types: TypeState[];
  attachments: {
    available: number;
    pending: number;
    /** sealed attachments that came with this batch */
    added: BlobEntry[];
    /** names no longer referred to; deleted from the bucket later */
    condemned: string[];
    /** where these would grow too long they are empty, and plain objects list both, see BlobList */
    lists: PartEntry[];
  };
}

const partEntry = object({
  name: objectName,
  bytes: whole(1, LIMITS.maxPartBytes),
  sha256: sha256Hex,
  rows: whole(0),
  plainBytes: whole(0, LIMITS.maxPartPlainBytes),
});
export const blobEntry = object({
  name: objectName,
  bytes: whole(1, LIMITS.maxBlobBytes),
  sha256: sha256Hex,
});
const shape = object({
  format: oneOf('holdfast-replica/1'),
  tenant: tenantName,
  root: whole(1),
  generation: whole(1),
  n: whole(FIRST_N),
  kind: oneOf('snapshot', 'delta'),
  nonce: text(/^[0-9a-f]{32}$/, '32 hex digits'),
  previous: nullable(sha256Hex),
  equals: nullable(object({ generation: whole(1), n: whole(FIRST_N), manifest: sha256Hex })),
  epoch: whole(0),
  policy: object({ version: whole(0), hash: sha256Hex }),
  schemaVersion: whole(1),
  minReader: whole(1),
  features: array(text(/^[a-z][a-z0-9-]*$/, 'a feature name'), 64),
  asOf: timestamp,
  createdAt: timestamp,
  recipients: array(recipientKey, LIMITS.maxRecipients, 1),
  parts: array(partEntry, LIMITS.maxParts, 1),
  types: array(
    object({ type: typeName, upserts: whole(0), deletes: whole(0), count: whole(0), checksum: sha256Hex }),
    LIMITS.maxTypes,
  ),
  attachments: object({
    available: whole(0),
    pending: whole(0),
    added: array(blobEntry, LIMITS.maxBlobs),
    condemned: array(objectName, LIMITS.maxBlobs),
    lists: array(partEntry, LIMITS.maxParts),
  }),
});

type Defaulted = 'format' | 'equals' | 'schemaVersion' | 'minReader' | 'features' | 'attachments';
export type ManifestInput = Omit<Manifest, Defaulted> & Partial<Pick<Manifest, Defaulted>>;

/** Fills what most manifests have in common. */
export function createManifest(input: ManifestInput): Manifest {
  const attachments = { available: 0, pending: 0, added: [], condemned: [], lists: [] };
  const defaults = { equals: null, schemaVersion: 1, minReader: 1, features: [], attachments };
  return { format: 'holdfast-replica/1', ...defaults, ...input };
}

/** @returns the object to store; its digest is {@link digestOf} */
export function signManifest(manifest: Manifest, signer: Signer): Buffer {
  const bytes = signEnvelope(MANIFEST_TYPE, assertConsistent(shape(manifest, 'manifest')), [signer]);
  if (bytes.length > LIMITS.maxManifestBytes)
    throw new FormatError('format.too_large', 'manifest: too large');
  return bytes;
}

/**
 * A manifest by itself: its signature, tenant and members. One that a retired key signed passes only with its digest
 * as `anchor`. Its place in the chain is checked by {@link assertFollows}.
 * @throws FormatError
 */
export function verifyManifest(bytes: Buffer, trust: TrustChain, expect: StatementExpectation): Manifest {
  const options = { payloadType: MANIFEST_TYPE, maxBytes: LIMITS.maxManifestBytes, shape, what: 'manifest' };
  return assertConsistent(openStatement(bytes, options, trust, expect));
}

/** Checks that `next` comes right after `last` (with `lastDigest`) in the same generation. @throws FormatError */
export function assertFollows(next: Manifest, last: ChainLink): void {
  const expected = { generation: last.generation, n: last.n + 1 };
  if (next.generation !== expected.generation || next.n !== expected.n) {
    throw new FormatError(
      'format.out_of_place',
      `manifest: expected ${String(expected.generation)}/${String(expected.n)}`,
    );
  }
  if (next.previous !== last.digest)
    throw new FormatError('format.chain_broken', 'manifest: does not continue the last one');
  if (next.epoch < last.epoch)
    throw new FormatError('format.chain_broken', 'manifest: its lease epoch is older than the last');
  if (next.root < last.root)
    throw new FormatError('format.chain_broken', 'manifest: its root is older than the last');
  if (next.policy.version !== last.policy.version || next.policy.hash !== last.policy.hash) {
    throw new FormatError('format.chain_broken', 'manifest: another policy without a new generation');
  }
}

/** What the next manifest is held against. */
export interface ChainLink {
  generation: number;
  n: number;
  digest: string;
  epoch: number;
  root: number;
  policy: { version: number; hash: string };
}

export function chainLink(manifest: Manifest, bytes: Buffer): ChainLink {
  const { generation, n, epoch, root, policy } = manifest;
  return { generation, n, epoch, root, policy, digest: digestOf(bytes) };
}

function assertConsistent(manifest: Manifest): Manifest {
  const isFirst = manifest.n === FIRST_N;
  if ((manifest.kind === 'snapshot') !== isFirst) {
    throw new FormatError(
      'format.malformed',
      'manifest: the first of a generation is its snapshot, and only that',
    );
  }
  if (!isFirst && manifest.previous === null)
    throw new FormatError('format.malformed', 'manifest: a delta needs a predecessor');
  if (manifest.equals !== null && !isFirst)
    throw new FormatError('format.malformed', 'manifest: only a snapshot can equal another');
  const names = [
    ...manifest.parts.map((part) => part.name),
    ...manifest.attachments.lists.map((list) => list.name),
  ];
  const types = manifest.types.map((entry) => entry.type);
  if (new Set(names).size !== names.length || new Set(types).size !== types.length) {
    throw new FormatError('format.malformed', 'manifest: a part or type is listed twice');
  }
  return manifest;
}
