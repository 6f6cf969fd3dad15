import type { SqlRunner } from '../../platform/database/index.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { openCheckpoint } from '../checkpoints/checkpoint.js';
import { checkpointsAbove, type StoredCheckpoint } from '../checkpoints/checkpoint.store.js';
import type { CheckSignature } from '../checkpoints/signed-note.js';
import type { Findings } from './findings.js';

export interface AuditTrust {
  /** of the checkpoints */
  readonly origin: string;
  /** base64; every key that the tenant's roots ever named for the audit */
  readonly publicKeys: readonly string[];
  readonly check: CheckSignature;
}

const pageSize = 1_000;

/** The database's own checkpoints, in order, beside a walk over the tree. */
export class CheckpointWalk {
  private page: StoredCheckpoint[] = [];
  private isOver = false;
  private isAltered = false;
  /** the last one that the walk has passed; the entries after it belong to the next */
  passed: Pick<Checkpoint, 'size' | 'at'> | null = null;
  count = 0;

  constructor(
    private readonly runner: SqlRunner,
    private readonly trust: AuditTrust,
    private readonly findings: Findings,
  ) {}

  async next(): Promise<StoredCheckpoint | null> {
    const [first] = this.page;
    if (first || this.isOver) return first ?? null;
    this.page = await checkpointsAbove(this.runner, this.passed?.size ?? 0, pageSize);
    this.isOver = this.page.length === 0;
    return this.page[0] ?? null;
  }

  /** @param root of the tree at the size of the next checkpoint; null where the tree has a gap */
  pass(checkpoint: StoredCheckpoint, root: Buffer | null): void {
    this.page.shift();
    this.count += 1;
    const { size, at } = checkpoint;
    const opened = openCheckpoint(checkpoint.note, this.trust);
    const isWhole =
      opened?.size === size && opened.root.equals(checkpoint.root) && opened.at.getTime() === at.getTime();
    if (!isWhole)
      this.findings.add({
        code: 'checkpoint-invalid',
        detail: `The checkpoint of ${size} entries is not what a known key of the audit signed.`,
      });
    // All later roots are others too, so only the first tells where it begins.
    if (root && isWhole && !this.isAltered && !root.equals(checkpoint.root)) {
      this.isAltered = true;
      const [from, to] = [this.passed?.size ?? 0, size - 1];
      this.findings.add({
        code: 'range-altered',
        detail: `Places ${from} to ${to} are not what the checkpoint of ${at.toISOString()} signed; what comes later cannot be told from it.`,
        ...{ from, to },
      });
    }
    this.passed = { size, at };
  }

  /** Checkpoints of more entries than the tree has. */
  async rest(size: number): Promise<void> {
    let last: StoredCheckpoint | null = null;
    for (let one = await this.next(); one; one = await this.next()) {
      this.pass(one, null);
      last = one;
    }
    if (last)
      this.findings.add({
        code: 'cut-off',
        detail: `The database's checkpoint of ${last.at.toISOString()} has ${last.size} entries; places ${size} to ${last.size - 1} are gone.`,
        ...{ from: size, to: last.size - 1 },
      });
  }
}
