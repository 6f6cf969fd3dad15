// A batch that was begun and lost with its spool leaves parts which no manifest will ever name. They are sealed to the
// replicas, so nobody may read them; but what lies in the bucket without a manifest is what a verifier must object to.
import type { Bucket, ObjectInfo } from '../../src/platform/bucket/index.js';
import { parsePartKey, partPrefix } from '../../src/replication/format/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { partsSwept } from './purge.metrics.js';

const WINDOW = 1_000;
const HOUR_MS = 3_600_000;

/** Removes parts of the live generation that belong to no batch of it. */
export class PartSweep {
  /** @param graceMs younger objects are left alone, by the bucket's clock */
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly bucket: Bucket,
    private readonly graceMs = HOUR_MS,
  ) {}

  /** @returns how many objects went */
  async run(signal: AbortSignal): Promise<number> {
    const [live] = await this.db.query<{ id: number }>(
      `SELECT id FROM replication.generation WHERE state = 'live'`,
    );
    if (live === undefined) return 0;
    let removed = 0;
    let window: ObjectInfo[] = [];
    const close = async (): Promise<void> => {
      signal.throwIfAborted();
      removed += await this.removeUnnamed(live.id, window);
      window = [];
    };
    for await (const object of this.bucket.list(partPrefix(live.id))) {
      window.push(object);
      if (window.length >= WINDOW) await close();
    }
    await close();
    partsSwept.inc(removed);
    return removed;
  }

  /**
   * Only beside batches that are published, and of which the account says what they consist of: whatever belongs to a
   * batch that is still on its way comes after them.
   */
  private async removeUnnamed(generation: number, window: readonly ObjectInfo[]): Promise<number> {
    const before = Date.now() - this.graceMs;
    const placed = window
      .filter(({ lastModified }) => lastModified.getTime() <= before)
      .map(({ key }) => ({ key, place: parsePartKey(key) }));
    const numbers = [...new Set(placed.map(({ place }) => place?.n ?? 0))];
    if (numbers.length === 0) return 0;
    const published = await this.db.query<{ n: number; names: string[] }>(
      `SELECT b.n::int AS n, ARRAY(SELECT o ->> 'name' FROM jsonb_array_elements(b.objects) o) AS names
       FROM replication.published_batch b WHERE b.generation = $1 AND b.n = ANY ($2::bigint[])`,
      [generation, numbers],
    );
    const known = new Map(published.map(({ n, names }) => [n, new Set(names)]));
    const unnamed = placed.filter(({ key, place }) => known.get(place?.n ?? 0)?.has(key) === false);
    if (unnamed.length > 0) await this.bucket.remove(unnamed.map(({ key }) => key));
    return unnamed.length;
  }
}
