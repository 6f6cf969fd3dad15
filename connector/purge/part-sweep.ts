// A batch that was begun and lost with its spool leaves parts which no manifest will ever name. They are sealed to the
// replicas, so nobody may read them; but what lies in the bucket without a manifest is what a verifier must object to.
import type { Bucket, ObjectInfo } from '../../src/platform/bucket/index.js';
import { LIMITS, manifestPlacePrefix, parsePartKey, partPrefix } from '../../src/replication/format/index.js';
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
      .map(({ key }) => ({ key, n: parsePartKey(key)?.n ?? 0 }));
    const account = await this.account(
      generation,
      placed.map(({ n }) => n),
    );
    const unnamed: string[] = [];
    for (const { key, n } of placed)
      if (account.get(n)?.has(key) === false && !(await this.isNamed(generation, n, key))) unnamed.push(key);
    if (unnamed.length > 0) await this.bucket.remove(unnamed);
    return unnamed.length;
  }

  /** The objects of those batches that this database has published. */
  private async account(
    generation: number,
    numbers: readonly number[],
  ): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.db.query<{ n: number; names: string[] }>(
      `SELECT b.n::int AS n, ARRAY(SELECT o ->> 'name' FROM jsonb_array_elements(b.objects) o) AS names
       FROM replication.published_batch b WHERE b.generation = $1 AND b.n = ANY ($2::bigint[])`,
      [generation, [...new Set(numbers)]],
    );
    return new Map(rows.map(({ n, names }) => [n, new Set(names)]));
  }

  /**
   * The bucket has the last word: a copy of this database on another host must not clear the bucket of the real one,
   * whose batch may stand at the same place where conditional writes are ignored. Where there is no manifest, or one
   * that cannot be read, nothing is known, and what is not known counts as named.
   */
  private async isNamed(generation: number, n: number, part: string): Promise<boolean> {
    let isThere = false;
    for await (const { key } of this.bucket.list(manifestPlacePrefix(generation, n))) {
      isThere = true;
      const bytes = await this.bucket.get(key, { maxBytes: LIMITS.maxManifestBytes });
      if (mentions(bytes, part)) return true;
    }
    return !isThere;
  }
}

/** Whoever signed it: a name in it is reason enough to leave the object alone. */
function mentions(manifest: Buffer, part: string): boolean {
  try {
    const { payload } = JSON.parse(manifest.toString('utf8')) as { payload: string };
    return Buffer.from(payload, 'base64').toString('utf8').includes(JSON.stringify(part));
  } catch {
    return true; // not an envelope: who knows what it would have said
  }
}
