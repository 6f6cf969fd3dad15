import { query, type SqlRunner } from '../../platform/database/index.js';
import type { Checkpoint } from './checkpoint.js';

export interface StoredCheckpoint extends Checkpoint {
  readonly note: string;
}

interface Row {
  size: string;
  root: Buffer;
  made_at: Date;
  note: string;
}

const toCheckpoint = ({ size, root, made_at: at, note }: Row): StoredCheckpoint => ({
  size: Number(size),
  root,
  at,
  note,
});
const select = 'SELECT size, root, made_at, note FROM replication.audit_checkpoint';

export async function latestCheckpoint(runner: SqlRunner): Promise<StoredCheckpoint | null> {
  const [row] = await query<Row>(runner, `${select} ORDER BY size DESC LIMIT 1`);
  return row ? toCheckpoint(row) : null;
}

export async function checkpointOf(runner: SqlRunner, size: number): Promise<StoredCheckpoint | null> {
  const [row] = await query<Row>(runner, `${select} WHERE size = $1`, [size]);
  return row ? toCheckpoint(row) : null;
}

/** Those above `size`, smallest first. */
export async function checkpointsAbove(
  runner: SqlRunner,
  size: number,
  limit: number,
): Promise<StoredCheckpoint[]> {
  const rows = await query<Row>(runner, `${select} WHERE size > $1 ORDER BY size LIMIT $2`, [size, limit]);
  return rows.map(toCheckpoint);
}

export async function storeCheckpoint(tx: SqlRunner, checkpoint: StoredCheckpoint): Promise<void> {
  await query(
    tx,
    'INSERT INTO replication.audit_checkpoint (size, root, made_at, note) VALUES ($1, $2, $3, $4)',
    [checkpoint.size, checkpoint.root, checkpoint.at, checkpoint.note],
  );
}
