import type { Bucket } from '../../src/platform/bucket/index.js';
import { verifyManifest } from '../../src/replication/format/index.js';
import type { BatchStore, SealedBatch } from './batch.store.js';
import { readActiveVersion } from './cloud-catalog.js';
import { assertNoneRequested } from './generation-requests.js';
import type { Generation, ManifestKeys } from './generation.store.js';
import type { LaneEvents } from './lane-events.js';
import { ManifestShelf } from './manifest-shelf.js';
import type { PublishLease } from './publish-lease.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { holdingPolicy } from './policy-hold.js';
import { ForkDetected, GenerationSpoiled, PolicyChanged } from './publish.errors.js';
import type { Spool } from './spool.js';
import type { ConnectorTrust } from './trust.js';

/** What the bucket has under a batch's manifest key. */
export type Standing = 'absent' | 'ours';

export interface UploaderParts {
  db: ConnectorDatabase;
  bucket: Bucket;
  spool: Spool;
  lease: PublishLease;
  batches: BatchStore;
  trust: ConnectorTrust;
  events: LaneEvents;
}

/** Carries a recorded batch to the bucket: parts first, the manifest last, because the manifest is the commit. */
export class Uploader {
  private readonly shelf: ManifestShelf;

  constructor(private readonly parts: UploaderParts) {
    this.shelf = new ManifestShelf(parts.bucket);
  }

  async upload(batch: SealedBatch, form: ManifestKeys): Promise<void> {
    await this.parts.trust.deliver(this.parts.bucket);
    for (const [index, entry] of batch.parts.entries()) {
      const path = this.parts.spool.pathOf(batch, index);
      if (await this.isUploaded(entry, path)) continue;
      await this.assertWanted(batch);
      await this.parts.bucket.putFile(entry.name, path);
      await this.parts.events.reach('part-uploaded', batch);
    }
    for (const list of batch.lists) {
      await this.assertWanted(batch);
      await this.parts.bucket.putFile(list.name, this.parts.spool.listPathOf(batch));
    }
    // The last look at the lease before the commit: a publisher that slept must not commit for its successor.
    await this.parts.lease.confirm();
    const other = await holdingPolicy(this.parts.db, batch.policyVersion, async () => {
      await this.parts.events.reach('manifest-ready', batch);
      return this.shelf.put(batch, form);
    });
    await this.parts.events.reach('manifest-put', batch);
    if (other !== null) throw await this.stranger(other);
    await this.parts.batches.markPublished(batch);
    await this.parts.spool.remove(batch);
    await this.parts.events.reach('published', batch);
  }

  /** Parts of a snapshot, and of a batch that outgrew the spool, go up while it is being made, and leave the spool then. */
  private async isUploaded(entry: { name: string; bytes: number }, path: string): Promise<boolean> {
    if (await this.parts.spool.hasFile(path)) return false;
    return (await this.parts.bucket.head(entry.name))?.size === entry.bytes;
  }

  /**
   * Nothing made under another policy than the one in force may become readable, nor to whom it was sealed before a
   * replica was revoked.
   * @throws PolicyChanged, GenerationRequested
   */
  async assertWanted(batch: SealedBatch): Promise<void> {
    const policy = await readActiveVersion(this.parts.db);
    if (policy?.version !== batch.policyVersion) throw new PolicyChanged();
    await assertNoneRequested(this.parts.db);
  }

  /** Whether everything that the manifest lists is still here, or in the bucket already. */
  async isWhole(batch: SealedBatch): Promise<boolean> {
    for (const [index, entry] of batch.parts.entries()) {
      const path = this.parts.spool.pathOf(batch, index);
      if (await this.parts.spool.holds(path, entry)) continue;
      if (!(await this.isUploaded(entry, path))) return false;
    }
    for (const list of batch.lists)
      if (!(await this.parts.spool.holds(this.parts.spool.listPathOf(batch), list))) return false;
    return true;
  }

  /** @throws ForkDetected where a stranger holds the key, GenerationSpoiled where one of our own abandoned batches does */
  async standing(batch: SealedBatch, form: ManifestKeys): Promise<Standing> {
    const bytes = await this.shelf.standing(batch, form);
    if (bytes === null) return 'absent';
    if (bytes.equals(batch.manifest)) return 'ours';
    throw await this.stranger(bytes);
  }

  /**
   * The local head must be the bucket's head: a virtual machine set back to yesterday has the right system identifier
   * and timeline, and only this tells.
   */
  async assertHead({ id: generation, head: n, manifestKeys }: Generation): Promise<void> {
    const [isHere, beyond] = await Promise.all([
      n === 0 || this.shelf.holds({ generation, n }, manifestKeys),
      this.shelf.beyond({ generation, n }, manifestKeys),
    ]);
    if (!isHere) throw new ForkDetected('The bucket no longer holds the last published batch.');
    if (beyond !== null) throw await this.stranger(beyond);
  }

  /** The highest generation that any manifest in the bucket belongs to, 0 where there is none. */
  highestGeneration(): Promise<number> {
    return this.shelf.highestGeneration();
  }

  private async stranger(bytes: Buffer): Promise<Error> {
    let nonce: string;
    try {
      ({ nonce } = verifyManifest(bytes, this.parts.trust.chain, { tenant: this.parts.trust.tenant }));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return new ForkDetected(
        'The bucket holds a manifest in the place of the next that this tenant did not sign.',
      );
    }
    if (await this.parts.batches.isUndone(nonce)) return new GenerationSpoiled();
    return new ForkDetected('The bucket holds a batch that this database knows nothing of.');
  }
}
