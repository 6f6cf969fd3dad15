import type { Bucket, ObjectInfo } from '../../src/platform/bucket/index.js';
import {
  blobPrefix,
  LIMITS,
  manifestPlacePrefix,
  manifestPrefix,
} from '../../src/replication/format/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { objectsRemoved } from './attachments.metrics.js';

const WINDOW = 1_000;
/** Above every key, in byte order. */
const END = '~';

interface Live {
  id: number;
  head: number;
  /** a recorded batch that is not known to be published yet */
  pending: number | null;
  manifest: Buffer | null;
}

export interface SweepResult {
  orphans: number;
  missing: number;
  uploads: number;
}

/**
 * Compares the bucket with the table, which names every object before its first byte is sent. What the table does not
 * know is left over from a history that is gone; what the bucket does not have is uploaded again.
 */
export class ObjectSweep {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    /** younger ones are left alone, by the bucket's clock */
    private readonly graceMs: number,
  ) {}

  /** null: not now, because the bucket's history is not this database's, and then nothing here is ours to remove */
  async run(signal: AbortSignal): Promise<SweepResult | null> {
    if (!(await this.isOurHistory())) return null;
    const result = { orphans: 0, missing: 0, uploads: await this.dropUploads() };
    const { now: startedAt } = await this.db.one<{ now: Date }>('SELECT clock_timestamp() AS now');
    let from = blobPrefix;
    let window: ObjectInfo[] = [];
    const close = async (to: string): Promise<void> => {
      signal.throwIfAborted();
      result.orphans += await this.removeOrphans(window);
      result.missing += await this.forgetMissing(window, from, to, startedAt);
      from = to;
      window = [];
    };
    for await (const object of this.bucket.list(blobPrefix)) {
      window.push(object);
      if (window.length >= WINDOW) await close(object.key);
    }
    await close(`${blobPrefix}${END}`);
    objectsRemoved.inc({ reason: 'orphan' }, result.orphans);
    return result;
  }

  /** A copy of this database on another host must not clear the bucket of the real one. */
  private async isOurHistory(): Promise<boolean> {
    const [live] = await this.db.query<Live>(
      `SELECT g.id, g.head, b.n AS pending, b.manifest FROM replication.generation g
       LEFT JOIN replication.batch b ON b.state = 'pending' AND b.generation = g.id AND b.n = g.head + 1
       WHERE g.state = 'live'`,
    );
    if (live === undefined) return false;
    const { id, head, pending, manifest } = live;
    // Named with or without an epoch: both begin like this, and sort behind it.
    const headKey = manifestPlacePrefix(id, head);
    const pendingKey = pending === null ? null : manifestPlacePrefix(id, pending);
    let isThere = false;
    for await (const { key } of this.bucket.list(manifestPrefix(), { startAfter: headKey })) {
      if (key.startsWith(headKey)) isThere = true;
      // A busy lane has a batch on its way nearly always; that it has arrived meanwhile is no other history. One that the
      // real database put at the same place is.
      else if (pendingKey === null || !key.startsWith(pendingKey) || !(await this.isAt(key, manifest)))
        return this.hasMovedOn(live);
    }
    return isThere;
  }

  private async isAt(key: string, manifest: Buffer | null): Promise<boolean> {
    return (
      manifest !== null &&
      (await this.bucket.get(key, { maxBytes: LIMITS.maxManifestBytes })).equals(manifest)
    );
  }

  /** The lane published meanwhile; the next sweep will do. */
  private async hasMovedOn({ id, head }: Live): Promise<boolean> {
    const moved = await this.db.query(
      `SELECT 1 FROM replication.generation WHERE state = 'live' AND (id, head) > ($1, $2)`,
      [id, head],
    );
    return moved.length > 0;
  }

  private async removeOrphans(window: readonly ObjectInfo[]): Promise<number> {
    if (window.length === 0) return 0;
    const known = await this.db.query<{ name: string }>(
      'SELECT object_name AS name FROM replication.blob_object WHERE object_name = ANY ($1)',
      [window.map(({ key }) => key)],
    );
    const names = new Set(known.map(({ name }) => name));
    const before = Date.now() - this.graceMs;
    const orphans = window.filter(
      ({ key, lastModified }) => !names.has(key) && lastModified.getTime() <= before,
    );
    if (orphans.length > 0) await this.bucket.remove(orphans.map(({ key }) => key));
    return orphans.length;
  }

  /** Available, says the table, and it is not there: no row shows it any more, and then the file is sent again. */
  private async forgetMissing(
    window: readonly ObjectInfo[],
    from: string,
    to: string,
    startedAt: Date,
  ): Promise<number> {
    const unlisted = await this.db.query<{ name: string }>(
      `SELECT object_name AS name FROM replication.blob_object WHERE state = 'available' AND updated_at < $4
         AND object_name COLLATE "C" > $1 AND object_name COLLATE "C" <= $2 AND object_name <> ALL ($3)`,
      [from, to, window.map(({ key }) => key), startedAt],
    );
    let missing = 0;
    for (const { name } of unlisted) {
      // Listings may lag where conditional writes hold; what a row shows is not taken back on a listing's word.
      if ((await this.bucket.head(name)) !== null) continue;
      const gone = await this.db.query(
        `UPDATE replication.blob_object SET state = 'failed', error_code = 'object-missing', upload_id = NULL,
           error = 'The object was missing from the bucket; the file is sent again.', updated_at = clock_timestamp()
         WHERE state = 'available' AND updated_at < $2 AND object_name = $1 RETURNING blob_id`,
        [name, startedAt],
      );
      missing += gone.length;
    }
    return missing;
  }

  private async dropUploads(): Promise<number> {
    let dropped = 0;
    for await (const { key, uploadId, initiatedAt } of this.bucket.listMultiparts(blobPrefix)) {
      if (initiatedAt.getTime() > Date.now() - this.graceMs) continue;
      const known = await this.db.query('SELECT 1 FROM replication.blob_object WHERE upload_id = $1', [
        uploadId,
      ]);
      if (known.length > 0) continue;
      await this.bucket.abortMultipart(key, uploadId);
      dropped += 1;
    }
    return dropped;
  }
}
