import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, withTransaction, type SqlRunner } from '../../platform/database/index.js';
import { AuditTreeBroken } from '../audit.errors.js';
import { leafText, waitingLeaves, type LeafRow } from '../tree/leaf-text.js';
import { leafHash } from '../tree/merkle.js';
import { resumeTree, storeNodes, treeSize } from '../tree/tree.store.js';
import { signCheckpoint } from './checkpoint.js';
import { latestCheckpoint, storeCheckpoint, type StoredCheckpoint } from './checkpoint.store.js';
import { sealedEntries, sealedTime } from './seal.metrics.js';
import type { NoteSigner } from './signed-note.js';

/** Any number that no other advisory lock of ours uses. */
const sealLock = 4_839_205_010;
/** Entries per transaction: a day of them, or an upgrade's millions, must not become one long one. */
const mostAtOnce = 20_000;

/** Nest token of SealingOptions. */
export const SEALING_OPTIONS = Symbol('SEALING_OPTIONS');

export interface SealingOptions {
  /** of the checkpoints */
  readonly origin: string;
  /** @param mayCreate false where checkpoints were signed before. @throws where there is no key and none may be made */
  signer(mayCreate: boolean): Promise<NoteSigner>;
}

/** Gives audit rows their places in the tree and signs what the tree has become. */
@Injectable()
export class AuditSealer {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(SEALING_OPTIONS) private readonly options: SealingOptions,
  ) {}

  /**
   * Seals every row whose transaction is over. Several servers may ask at once: one waits for the other.
   * @returns how many entries it sealed
   */
  async seal(signal?: AbortSignal): Promise<number> {
    let sealed = 0;
    for (;;) {
      const startedAt = Date.now();
      const { added, size } = await withTransaction(this.dataSource, (tx) => this.sealSome(tx));
      sealed += added;
      sealedEntries.set({ origin: this.options.origin }, size);
      if (added < mostAtOnce) {
        sealedTime.set({ origin: this.options.origin }, startedAt / 1000);
        return sealed;
      }
      signal?.throwIfAborted();
    }
  }

  private async sealSome(tx: SqlRunner): Promise<{ added: number; size: number }> {
    await query(tx, 'SELECT pg_advisory_xact_lock($1)', [sealLock]);
    const size = await treeSize(tx);
    const last = await latestCheckpoint(tx);
    if ((last?.size ?? 0) !== size)
      throw new AuditTreeBroken(`it has ${size} leaves, and its last checkpoint says ${last?.size ?? 0}`);
    const rows = await waitingLeaves(tx, mostAtOnce);
    if (rows.length > 0) await this.grow(tx, size, last, rows);
    return { added: rows.length, size: size + rows.length };
  }

  private async grow(
    tx: SqlRunner,
    size: number,
    last: StoredCheckpoint | null,
    rows: readonly LeafRow[],
  ): Promise<void> {
    const signer = await this.options.signer(last === null);
    const tree = await resumeTree(tx, size);
    // A tree that was altered must not be signed anew.
    if (last && !tree.root().equals(last.root))
      throw new AuditTreeBroken(`its first ${size} leaves are others`);
    const hashes = rows.map((row) => leafHash(Buffer.from(leafText(row))));
    const nodes = hashes.flatMap((hash) => tree.append(hash));
    await query(tx, 'SELECT audit.enter_leaves($1, $2, $3, $4)', [
      size,
      rows.map(({ id }) => id),
      rows.map(({ at }) => at.toISOString()),
      hashes,
    ]);
    await storeNodes(tx, nodes);
    const checkpoint = { size: tree.size, root: tree.root(), at: await clock(tx) };
    const note = signCheckpoint(checkpoint, this.options.origin, signer);
    await storeCheckpoint(tx, { ...checkpoint, note });
  }
}

/** The database's, as in the rows; after the last of them. */
async function clock(tx: SqlRunner): Promise<Date> {
  const [row] = await query<{ at: Date }>(tx, 'SELECT clock_timestamp()::timestamptz(3) AS at');
  return row?.at ?? new Date();
}
