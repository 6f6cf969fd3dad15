import type { Bucket } from '../../src/platform/bucket/index.js';
import { MultisetHash, type PartEntry, type TypeState } from '../../src/replication/format/index.js';
import type { BatchSealer } from './batch-sealer.js';
import { openPart } from './batch-writer.js';
import type { SealedBatch } from './batch.store.js';
import { assertSameSource, type DeltaMaker } from './delta-maker.js';
import { readExtent } from './id-extent.js';
import { idBefore, IdRanges } from './id-ranges.js';
import type { Generation, GenerationStore } from './generation.store.js';
import type { LaneEvents } from './lane-events.js';
import { PartCarrier, type LongBatch } from './part-carrier.js';
import type { PublishLease } from './publish-lease.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { PolicyChanged } from './publish.errors.js';
import { copyChunk, type SnapshotChunk } from './snapshot-chunk.js';
import type { OpenSnapshot, SnapshotReader } from './snapshot-reader.js';
import type { Spool } from './spool.js';

const NO_ID = '00000000-0000-0000-0000-000000000000';

interface ChunkRow {
  part: number;
  type: string;
  last_id: string;
  entry: PartEntry;
  count: string;
  checksum: string;
}

export interface SnapshotParts {
  db: ConnectorDatabase;
  reader: SnapshotReader;
  generations: GenerationStore;
  delta: DeltaMaker;
  sealer: BatchSealer;
  lease: PublishLease;
  spool: Spool;
  bucket: Bucket;
  events: LaneEvents;
  chunkRows: number;
}

/**
 * The full content of the policy views, in chunks that are each read under a snapshot of their own, so that no
 * snapshot is held for long and a crash costs one chunk. What changed since before the first chunk is looked at
 * once more under one last snapshot, whose state the whole then is.
 */
export class FirstSnapshot {
  private readonly carrier: PartCarrier;

  constructor(private readonly parts: SnapshotParts) {
    this.carrier = new PartCarrier(parts.db, parts.bucket, parts.spool);
  }

  async make(
    generation: Generation,
    headCheck: Promise<void>,
    signal: AbortSignal,
  ): Promise<SealedBatch | null> {
    const started = await this.start(generation);
    await this.readChunks(started.generation, started.types, signal);
    await this.carrier.settled();
    const chunks = await this.chunks(generation.id);
    const since = started.generation.firstSnapshot ?? '';
    return this.parts.delta.make({
      generation: started.generation,
      since,
      before: stateOf(chunks),
      parts: chunks.map((chunk) => chunk.entry),
      previous: await this.parts.generations.lastDigest(),
      headCheck,
      brake: 'everything',
    });
  }

  /** Notes the snapshot that everything is reconciled from, once, before any chunk is read. */
  private async start(generation: Generation): Promise<{ generation: Generation; types: string[] }> {
    const { db, reader, generations } = this.parts;
    // After a bulk import there are none yet, and the views are read by plans that take minutes instead of seconds.
    if (generation.firstSnapshot === null) await db.query('SELECT replication.refresh_statistics()');
    const seen = await reader.read(async (open) => {
      this.assertUsable(generation, open);
      return Promise.resolve(open);
    });
    if (seen === null) throw new PolicyChanged();
    if (generation.firstSnapshot === null) await generations.markFirstSnapshot(generation.id, seen);
    const current = (await generations.current()) ?? generation;
    return { generation: current, types: seen.catalog.types.map(({ type }) => type) };
  }

  private async readChunks(generation: Generation, types: string[], signal: AbortSignal): Promise<void> {
    const done = await this.chunks(generation.id);
    await this.carrier.assertKept(placeOf(generation), done);
    let part = done.length;
    const resumeAt = Math.max(0, types.indexOf(done.at(-1)?.type ?? ''));
    for (const type of types.slice(resumeAt)) {
      const resumeAfter = done.findLast((chunk) => chunk.type === type)?.last_id ?? NO_ID;
      part = await this.readType(generation, type, resumeAfter, part, signal);
    }
  }

  /** @returns the number of the next part */
  private async readType(
    generation: Generation,
    type: string,
    resumeAfter: string,
    firstPart: number,
    signal: AbortSignal,
  ): Promise<number> {
    const { db, chunkRows, events } = this.parts;
    let part = firstPart;
    const extent = await db.withSession((session) => readExtent(session, type, resumeAfter));
    if (extent === null) return part;
    const ranges = new IdRanges(extent, chunkRows);
    let after = idBefore(extent.first);
    while (!ranges.isBeyond(after)) {
      signal.throwIfAborted();
      await this.carrier.makeRoom(placeOf(generation), () => this.chunks(generation.id));
      const upTo = ranges.endAfter(after);
      const chunk = await this.readChunk(generation, { type, after, upTo }, part);
      const reached = chunk?.count === chunkRows ? chunk.lastId : upTo;
      ranges.learn(after, reached, chunk?.count ?? 0);
      after = reached;
      if (chunk === null) continue;
      await events.reach('chunk-recorded', { generation: generation.id, n: 1 });
      await this.carrier.begin(placeOf(generation), { part, entry: chunk.entry });
      part += 1;
    }
    return part;
  }

  /** The part on disk, the ledger's rows and the note of the chunk: all or none of them survive a crash. */
  private async readChunk(
    generation: Generation,
    range: { type: string; after: string; upTo: string },
    part: number,
  ): Promise<SnapshotChunk | null> {
    const { db, reader, sealer, lease, chunkRows } = this.parts;
    return db.durably(async (tx) => {
      const chunk = await reader.read(async (open) => {
        this.assertUsable(generation, open);
        const { place } = sealer.draft(generation, open.catalog, lease.epoch);
        const header = sealer.headerOf(generation, open.catalog);
        return copyChunk(open.session, tx, {
          ...range,
          maxRows: chunkRows,
          digestKey: generation.digestKey,
          openPart: () => openPart(place, part, header),
        });
      });
      if (chunk === null) return null;
      await lease.confirm(tx);
      await tx.query(
        `INSERT INTO replication.snapshot_chunk (generation, part, type, last_id, entry, count, checksum)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          generation.id,
          part,
          range.type,
          chunk.lastId,
          JSON.stringify(chunk.entry),
          chunk.count,
          chunk.checksum,
        ],
      );
      return chunk;
    });
  }

  private assertUsable(generation: Generation, open: OpenSnapshot): void {
    assertSameSource(generation, open, generation.firstSnapshot);
    if (open.catalog.policyVersion !== generation.policyVersion) throw new PolicyChanged();
  }

  private async chunks(generation: number): Promise<ChunkRow[]> {
    return this.parts.db.query<ChunkRow>(
      `SELECT part, type, last_id, entry, count, checksum FROM replication.snapshot_chunk
       WHERE generation = $1 ORDER BY part`,
      [generation],
    );
  }
}

function placeOf({ id: generation, snapshotNonce: nonce, policyVersion }: Generation): LongBatch {
  return { generation, n: 1, nonce, policyVersion };
}

function stateOf(chunks: readonly ChunkRow[]): TypeState[] {
  const sums = new Map<string, { count: number; hash: MultisetHash }>();
  for (const { type, count, checksum } of chunks) {
    const sum = sums.get(type) ?? { count: 0, hash: new MultisetHash() };
    sum.count += Number(count);
    sum.hash.add(Buffer.from(checksum, 'hex'));
    sums.set(type, sum);
  }
  return [...sums].map(([type, { count, hash }]) => ({
    type,
    upserts: count,
    deletes: 0,
    count,
    checksum: hash.toHex(),
  }));
}
