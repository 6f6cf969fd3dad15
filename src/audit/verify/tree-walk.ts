import { query, type SqlRunner } from '../../platform/database/index.js';
import { leafSql, leafText, type LeafRow } from '../tree/leaf-text.js';
import { leafHash } from '../tree/merkle.js';
import { TreeHasher, type SubtreeHash } from '../tree/tree-hasher.js';
import type { CheckpointWalk } from './checkpoint-walk.js';
import type { Findings } from './findings.js';

/** A row of the tree, beside the entry that it is of; the entry's columns are null where it is gone. */
interface Place extends Omit<LeafRow, 'id' | 'at'> {
  leaf_index: string;
  leaf_id: string;
  tree_at: Date;
  hash: Buffer;
  id: string | null;
  at: Date;
}

const pageSize = 5_000;
const mostMissing = 1_000;
/** No transaction of ours lasts as long, so a row that is older than the last checkpoint by more was written with a false time. */
export const longestTransactionMs = 3_600_000;

export interface WalkOptions {
  /** sizes at which the root is wanted, ascending */
  readonly sizes: readonly number[];
  readonly onProgress: (entries: number) => void;
}

/** Goes over every place of the tree once, in order, and holds each entry against it. */
export class TreeWalk {
  /** roots at the sizes that were asked for, as far as the tree reaches without a gap */
  readonly roots = new Map<number, Buffer>();
  /** entries that are not where the tree says, by id: their time there and their place */
  readonly missing = new Map<string, { at: Date; place: number }>();
  size = 0;
  private tree: TreeHasher | null = new TreeHasher();
  private before: { at: number; id: string } | null = null;
  private wanted = 0;

  constructor(
    private readonly runner: SqlRunner,
    private readonly checkpoints: CheckpointWalk,
    private readonly findings: Findings,
    private readonly options: WalkOptions,
  ) {}

  async run(): Promise<void> {
    for (;;) {
      const places = await query<Place>(
        this.runner,
        `SELECT t.leaf_index, t.leaf_id, t.at AS tree_at, t.hash, e.* FROM audit.tree_leaf t
         LEFT JOIN LATERAL (${leafSql('t.at', 't.leaf_id')}) e ON true
         WHERE t.leaf_index >= $1 ORDER BY t.leaf_index LIMIT ${String(pageSize)}`,
        [this.size],
      );
      if (places.length === 0) break;
      const whole: SubtreeHash[] = [];
      for (const place of places) whole.push(...(await this.take(place)));
      await this.compareNodes(whole);
      this.options.onProgress(this.size);
    }
    const unsigned = this.checkpoints.passed?.size ?? 0;
    if (unsigned < this.size && (await this.checkpoints.next()) === null)
      this.findings.add({
        code: 'range-unsigned',
        detail: `Places ${unsigned} to ${this.size - 1} are under no checkpoint of the database.`,
        ...{ from: unsigned, to: this.size - 1 },
      });
  }

  private async take(place: Place): Promise<SubtreeHash[]> {
    const index = Number(place.leaf_index);
    if (index !== this.size) this.tellGap(this.size, index - 1);
    this.checkEntry(place, index);
    const whole = this.tree?.append(place.hash) ?? [];
    this.size = index + 1;
    if (this.options.sizes[this.wanted] === this.size) {
      if (this.tree) this.roots.set(this.size, this.tree.root());
      this.wanted += 1;
    }
    await this.passCheckpoints();
    return whole;
  }

  /** Several where a gap lay between. */
  private async passCheckpoints(): Promise<void> {
    for (;;) {
      const checkpoint = await this.checkpoints.next();
      if (!checkpoint || checkpoint.size > this.size) return;
      const isHere = checkpoint.size === this.size;
      this.checkpoints.pass(checkpoint, isHere ? (this.tree?.root() ?? null) : null);
      this.before = null;
    }
  }

  private checkEntry(place: Place, index: number): void {
    const { id } = place;
    if (id === null) {
      if (this.missing.size < mostMissing)
        this.missing.set(place.leaf_id, { at: place.tree_at, place: index });
      else
        this.findings.add({
          code: 'entry-deleted',
          detail: `Place ${index}: its entry is gone.`,
          entry: place.leaf_id,
        });
      return;
    }
    const at = place.at.toISOString();
    const about = { entry: id, from: index, to: index };
    if (!leafHash(Buffer.from(leafText({ ...place, id }))).equals(place.hash))
      this.findings.add({
        code: 'entry-changed',
        detail: `Entry ${id} of ${at}, place ${index}, is not what was sealed: it or its values were changed.`,
        ...about,
      });
    this.checkOrder({ id, at: place.at.getTime() }, about, at);
  }

  /** Within a checkpoint entries stand by time and id, and none is much older than the checkpoint before. */
  private checkOrder(entry: { id: string; at: number }, about: object, at: string): void {
    const { before } = this;
    if (before && (before.at > entry.at || (before.at === entry.at && before.id > entry.id)))
      this.findings.add({
        code: 'entry-moved',
        detail: `Entry ${entry.id} of ${at} stands behind ${before.id}, which is later: places were swapped.`,
        ...about,
      });
    this.before = entry;
    const { passed } = this.checkpoints;
    if (passed && entry.at < passed.at.getTime() - longestTransactionMs)
      this.findings.add({
        code: 'entry-back-dated',
        detail: `Entry ${entry.id} says ${at}, but was added after the checkpoint of ${passed.at.toISOString()}.`,
        ...about,
      });
  }

  private tellGap(from: number, to: number): void {
    this.tree = null;
    this.before = null;
    while ((this.options.sizes[this.wanted] ?? Infinity) <= to + 1) this.wanted += 1;
    this.findings.add({
      code: 'place-missing',
      detail: `Places ${from} to ${to} of the tree are gone; roots after them cannot be compared.`,
      ...{ from, to },
    });
  }

  /** Of hashes that only proofs need: wrong ones would make proofs of sound entries fail. */
  private async compareNodes(whole: readonly SubtreeHash[]): Promise<void> {
    if (whole.length === 0) return;
    const rows = await query<{ level: number; node_index: string; hash: Buffer }>(
      this.runner,
      `SELECT level, node_index, hash FROM audit.tree_node
       JOIN unnest($1::smallint[], $2::bigint[]) AS w (level, node_index) USING (level, node_index)`,
      [whole.map(({ level }) => level), whole.map(({ index }) => index)],
    );
    const stored = new Map(rows.map(({ level, node_index, hash }) => [`${level}/${node_index}`, hash]));
    for (const { level, index, hash } of whole)
      if (stored.get(`${level}/${index}`)?.equals(hash) !== true) {
        const [from, to] = [index * 2 ** level, (index + 1) * 2 ** level - 1];
        this.findings.add({
          code: 'proof-hash-wrong',
          detail: `The stored hash over places ${from} to ${to} is wrong or gone, so proofs that need it fail.`,
          ...{ from, to },
        });
      }
  }
}
