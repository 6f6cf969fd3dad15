import {
  createManifest,
  digestOf,
  FILE_KEYS_FEATURE,
  signManifest,
  type BatchHeader,
  type Manifest,
  type PartEntry,
  type TypeState,
} from '../../src/replication/format/index.js';
import type { AttachmentChanges } from './attachment-references.js';
import { stateAttachments } from './attachment-lists.js';
import type { SealedBatch } from './batch.store.js';
import { BatchWriter, type BatchPlace, type BatchWriterOptions } from './batch-writer.js';
import type { CloudCatalog } from './cloud-catalog.js';
import type { Generation } from './generation.store.js';
import { newNonce } from './nonce.js';
import { ConnectorError } from '../connector.errors.js';
import { ReplicasChanged } from './publish.errors.js';
import type { OpenSnapshot } from './snapshot-reader.js';
import type { Rebase } from './rebase/rebase.store.js';
import type { Recipients } from './recipients.js';
import type { Spool } from './spool.js';
import type { ConnectorTrust } from './trust.js';

/** A batch while it is being made. */
export interface BatchDraft {
  place: BatchPlace;
  nonce: string;
  writer: BatchWriter;
}

export interface SealInput {
  generation: Generation;
  /** SHA-256 of the manifest before; null for the very first */
  previous: string | null;
  draft: BatchDraft;
  open: OpenSnapshot;
  parts: PartEntry[];
  types: TypeState[];
  attachments: AttachmentChanges;
}

export interface RebaseSealInput {
  rebase: Rebase;
  old: Generation;
  place: BatchPlace;
  types: TypeState[];
}

interface SignInput {
  place: BatchPlace;
  nonce: string;
  previous: string | null;
  policy: Manifest['policy'];
  asOf: Date;
  parts: PartEntry[];
  types: TypeState[];
  attachments: AttachmentChanges;
  equals?: Manifest['equals'];
}

/** Gives a batch its place, its header and, when its rows are sealed, its signed manifest. */
export class BatchSealer {
  constructor(
    private readonly trust: ConnectorTrust,
    private readonly spool: Spool,
    private readonly recipients: Recipients,
  ) {}

  get tenant(): string {
    return this.trust.tenant;
  }

  draft(
    generation: Generation,
    catalog: CloudCatalog,
    epoch: number,
    options: BatchWriterOptions = {},
  ): BatchDraft {
    const nonce = generation.head === 0 ? generation.snapshotNonce : newNonce();
    const place = this.place(generation, generation.head + 1, epoch, nonce);
    return { place, nonce, writer: new BatchWriter(place, this.headerOf(generation, catalog), options) };
  }

  /** Refuses before a row is read what could not be signed or opened. */
  private place(generation: Generation, n: number, epoch: number, nonce: string): BatchPlace {
    this.trust.assertAbleToSign();
    // one generation has one set of readers: its parts are made over a long time, and under one manifest
    if (generation.sealedTo !== null && generation.sealedTo !== this.trust.sealedTo)
      throw new ReplicasChanged();
    const recipients = this.recipients.still(generation.recipients);
    if (recipients.length === 0)
      throw new ConnectorError('no-recipient', 'The root of trust names no replica to seal to.');
    const folder = this.spool.folderOf({ generation: generation.id, n, nonce });
    return { tenant: this.trust.tenant, generation: generation.id, n, epoch, recipients, folder };
  }

  async seal(input: SealInput): Promise<SealedBatch> {
    const { generation, previous, draft, open, parts, types, attachments } = input;
    const { place, nonce } = draft;
    const { policyVersion, policyHash } = generation;
    const policy = { version: policyVersion, hash: policyHash };
    return this.sign({ place, nonce, previous, policy, asOf: open.asOf, parts, types, attachments });
  }

  /** The snapshot of a generation that was made beside `old`, and is the state that `old` stands at. */
  async sealRebase(input: RebaseSealInput): Promise<SealedBatch> {
    const { rebase, old, place, types } = input;
    if (old.headDigest === null || old.cursorAt === null || rebase.attachments === null)
      throw new ConnectorError('rebase-incomplete', 'The new generation is not whole yet.');
    return this.sign({
      ...{ place, nonce: rebase.nonce, previous: old.headDigest, types },
      policy: { version: old.policyVersion, hash: old.policyHash },
      asOf: old.cursorAt,
      parts: rebase.parts.map(({ entry }) => entry),
      attachments: rebase.attachments,
      equals: { generation: old.id, n: old.head, manifest: old.headDigest },
    });
  }

  private async sign(input: SignInput): Promise<SealedBatch> {
    const { place, nonce, previous, policy, asOf, parts, types, attachments, equals = null } = input;
    const { n, epoch, recipients, tenant, generation } = place;
    const stated = await stateAttachments(attachments, place);
    const kind = n === 1 ? 'snapshot' : 'delta';
    const manifest = createManifest({
      ...{ tenant, root: this.trust.chain.current.version, generation, n, kind, nonce, previous, equals },
      ...{ epoch, policy, asOf: asOf.toISOString(), createdAt: new Date().toISOString() },
      ...{ recipients: [...recipients], parts, types, attachments: stated },
      // only where it matters, so that a replica of an older version goes on as long as there are no files
      features: attachments.keys > 0 ? [FILE_KEYS_FEATURE] : [],
    });
    const bytes = signManifest(manifest, this.trust.signer);
    return {
      ...{
        generation,
        n,
        kind,
        nonce,
        epoch,
        policyVersion: policy.version,
        asOf,
        parts,
        types,
        attachments,
      },
      ...{ lists: stated.lists, manifest: bytes, digest: digestOf(bytes) },
    };
  }

  headerOf(generation: Generation, catalog: CloudCatalog): BatchHeader {
    return {
      digestKey: generation.digestKey.toString('hex'),
      policyVersion: generation.policyVersion,
      types: catalog.types.map(({ type, columns, treatments }) => ({
        type,
        columns,
        ...(treatments ? { treatments } : {}),
      })),
    };
  }
}
