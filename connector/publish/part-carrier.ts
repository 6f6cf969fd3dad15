import type { Bucket } from '../../src/platform/bucket/index.js';
import type { PartEntry } from '../../src/replication/format/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { readActiveVersion } from './cloud-catalog.js';
import { assertNoneRequested } from './generation-requests.js';
import type { Spool } from './spool.js';

/** A batch whose parts are made over a long time. */
export interface LongBatch {
  generation: number;
  n: number;
  nonce: string;
  policyVersion: number;
}

export interface RecordedPart {
  part: number;
  entry: PartEntry;
}

/** A part that was read is neither here nor in the bucket; what it belongs to has to begin again. */
export class ChunkLost extends Error {}

/**
 * Carries the parts of a snapshot to the bucket while later ones are still being read. What fails here stays in the
 * spool and goes up before the manifest.
 */
export class PartCarrier {
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    private readonly spool: Spool,
  ) {}

  /** Waits for the part before, then carries this one beside what the caller does next. */
  async begin(batch: LongBatch, part: RecordedPart): Promise<void> {
    await this.running;
    this.running = this.carry(batch, part);
  }

  async settled(): Promise<void> {
    await this.running;
  }

  private async carry(batch: LongBatch, { part, entry }: RecordedPart): Promise<boolean> {
    const path = this.spool.pathOf(batch, part);
    try {
      // what waited here may have been read under a policy that is no longer in force
      if ((await readActiveVersion(this.db))?.version !== batch.policyVersion) return false;
      await assertNoneRequested(this.db);
      await this.bucket.putFile(entry.name, path);
      await this.spool.removePart(path);
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return false;
    }
  }

  /** Where the bucket was away for a while, parts have gathered here, and nothing else would carry them up. */
  async makeRoom(batch: LongBatch, recorded: () => Promise<readonly RecordedPart[]>): Promise<void> {
    if (await this.spool.hasRoom()) return;
    await this.running;
    for (const part of await recorded()) {
      const isHere = await this.spool.hasFile(this.spool.pathOf(batch, part.part));
      if (isHere && !(await this.carry(batch, part))) break;
    }
    await this.spool.assertRoom();
  }

  /** @throws ChunkLost */
  async assertKept(batch: LongBatch, parts: readonly RecordedPart[]): Promise<void> {
    for (const { part, entry } of parts) {
      if (await this.spool.hasFile(this.spool.pathOf(batch, part))) continue;
      if ((await this.bucket.head(entry.name))?.size !== entry.bytes)
        throw new ChunkLost(`part ${String(part)} is lost`);
    }
  }
}
