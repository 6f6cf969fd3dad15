// The checkpoints in the bucket: what they say cannot be changed from the database. They agree with one history only, so
// the newest one that agrees vouches for all before it.
import { ObjectTooLarge, type Bucket } from '../../platform/bucket/index.js';
import { openCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.js';
import type { AuditTrust } from './checkpoint-walk.js';
import type { Findings } from './findings.js';

const mostNoteBytes = 64 * 1024;

/** How a checkpoint's object is named; see the format of the replica. */
export interface AnchorNames {
  readonly prefix: string;
  keyOf(size: number): string;
  /** null where it is no checkpoint's */
  sizeOf(key: string): number | null;
}

/** Sizes of the checkpoints in the bucket, ascending. Look before the database is read: they only become more. */
export async function anchoredSizes(bucket: Bucket, names: AnchorNames): Promise<number[]> {
  const sizes: number[] = [];
  for await (const { key } of bucket.list(names.prefix)) {
    const size = names.sizeOf(key);
    if (size !== null) sizes.push(size);
  }
  return sizes;
}

export class AnchorCheck {
  constructor(
    private readonly bucket: Bucket,
    private readonly names: AnchorNames,
    private readonly trust: AuditTrust,
    private readonly findings: Findings,
  ) {}

  /**
   * @param sizes as {@link anchoredSizes} found them
   * @param size of the tree in the database, `roots` at the anchored sizes
   * @returns the newest checkpoint that is good, whether or not the database agrees
   */
  async run(
    sizes: readonly number[],
    size: number,
    roots: ReadonlyMap<number, Buffer>,
  ): Promise<Checkpoint | null> {
    const newest = await this.newestGood(sizes);
    if (!newest) return null;
    if (newest.size > size)
      this.findings.add({
        code: 'cut-off',
        detail: `The bucket's checkpoint of ${newest.at.toISOString()} has ${newest.size} entries, the database ${size}: places ${size} to ${newest.size - 1} are gone.`,
        ...{ from: size, to: newest.size - 1 },
      });
    const comparable = sizes.filter((one) => roots.has(one) && one <= newest.size);
    const agreed = await this.firstDisagreeing(comparable, roots);
    if (agreed < comparable.length) {
      const [from, to] = [comparable[agreed - 1] ?? 0, (comparable[agreed] ?? 1) - 1];
      this.findings.add({
        code: 'range-altered',
        detail: `Places ${from} to ${to} are not what the checkpoint ${this.names.keyOf(to + 1)} in the bucket signed.`,
        ...{ from, to },
      });
    }
    return newest;
  }

  private async newestGood(sizes: readonly number[]): Promise<Checkpoint | null> {
    for (const size of [...sizes].reverse()) {
      const found = await this.fetch(size);
      if (found) return found;
    }
    return null;
  }

  /** Place in `sizes` of the first whose root differs, by halving; their number where none does. */
  private async firstDisagreeing(
    sizes: readonly number[],
    roots: ReadonlyMap<number, Buffer>,
  ): Promise<number> {
    let [low, high] = [0, sizes.length];
    // most often all agree, and then one look at the last is enough
    let middle = sizes.length - 1;
    while (low < high) {
      const size = sizes[middle] ?? 0;
      const found = await this.fetch(size);
      // one that is not good says nothing, and has been told
      if (!found || roots.get(size)?.equals(found.root) === true) low = middle + 1;
      else high = middle;
      middle = Math.floor((low + high) / 2);
    }
    return low;
  }

  private readonly fetched = new Map<number, Checkpoint | null>();

  private async fetch(size: number): Promise<Checkpoint | null> {
    const known = this.fetched.get(size);
    if (known !== undefined) return known;
    const key = this.names.keyOf(size);
    const bytes = await this.bucket.get(key, { maxBytes: mostNoteBytes }).catch((error: unknown) => {
      if (error instanceof ObjectTooLarge) return null;
      throw error;
    });
    const opened = bytes && openCheckpoint(bytes.toString('utf8'), this.trust);
    const checkpoint = opened?.size === size ? opened : null;
    this.fetched.set(size, checkpoint);
    if (!checkpoint)
      this.findings.add({
        code: 'checkpoint-invalid',
        detail: `${key} in the bucket is not a checkpoint that a known key of the audit signed.`,
      });
    return checkpoint;
  }
}
