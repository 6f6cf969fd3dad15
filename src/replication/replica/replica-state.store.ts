import type { Pool, PoolClient } from 'pg';
import type { ChainLink, Manifest, Position, TypeSchema, TypeState } from '../format/index.js';

/** What the replica's database stands at. */
export interface AppliedState extends ChainLink {
  asOf: Date;
  appliedAt: Date;
  types: TypeState[];
  schema: TypeSchema[];
  digestKey: string;
}

export interface LastError {
  code: string;
  message: string;
  at: string;
}

export interface Watch {
  /** highest position that a beat named or a manifest had */
  seen: Position;
  /** a beat said at this time that nothing had changed since the applied state */
  confirmedAsOf: Date | null;
  beatExpires: Date | null;
  ackSequence: number;
  lastError: LastError | null;
}

interface StateRow {
  generation: number | null;
  n: number;
  manifest_digest: string;
  epoch: string;
  root_version: number;
  policy: { version: number; hash: string };
  as_of: Date;
  applied_at: Date;
  types: TypeState[];
  schema: TypeSchema[];
  digest_key: string;
}

const selectState = 'SELECT * FROM replication.replica_state';

/** null: nothing was ever applied */
export async function readState(client: Pool | PoolClient): Promise<AppliedState | null> {
  return toState((await client.query<StateRow>(selectState)).rows[0]);
}

/** Holds other servers on this database off until the transaction ends. */
export async function lockState(client: PoolClient): Promise<AppliedState | null> {
  return toState((await client.query<StateRow>(`${selectState} FOR UPDATE`)).rows[0]);
}

function toState(row: StateRow | undefined): AppliedState | null {
  if (row === undefined || row.generation === null) return null;
  return {
    generation: row.generation,
    n: row.n,
    digest: row.manifest_digest,
    epoch: Number(row.epoch),
    root: row.root_version,
    policy: row.policy,
    asOf: row.as_of,
    appliedAt: row.applied_at,
    types: row.types,
    schema: row.schema,
    digestKey: row.digest_key,
  };
}

export async function writeState(
  client: PoolClient,
  manifest: Manifest,
  digest: string,
  more: { schema: TypeSchema[]; digestKey: string },
): Promise<void> {
  await client.query(
    `UPDATE replication.replica_state SET generation = $1, n = $2, manifest_digest = $3, epoch = $4, root_version = $5,
       policy = $6, as_of = $7, types = $8, schema = $9, digest_key = $10, applied_at = clock_timestamp()`,
    [
      manifest.generation,
      manifest.n,
      digest,
      manifest.epoch,
      manifest.root,
      JSON.stringify(manifest.policy),
      manifest.asOf,
      JSON.stringify(manifest.types),
      JSON.stringify(more.schema),
      more.digestKey,
    ],
  );
  await client.query(
    `UPDATE replication.replica_watch SET seen_generation = $1, seen_n = $2
     WHERE (seen_generation, seen_n) < ($1, $2)`,
    [manifest.generation, manifest.n],
  );
}

export async function readWatch(pool: Pool): Promise<Watch> {
  const { rows } = await pool.query<{
    seen_generation: number;
    seen_n: number;
    confirmed_as_of: Date | null;
    beat_expires: Date | null;
    ack_sequence: string;
    last_error: LastError | null;
  }>('SELECT * FROM replication.replica_watch');
  const [row] = rows;
  if (row === undefined)
    return {
      seen: { generation: 0, n: 0 },
      confirmedAsOf: null,
      beatExpires: null,
      ackSequence: 0,
      lastError: null,
    };
  return {
    seen: { generation: row.seen_generation, n: row.seen_n },
    confirmedAsOf: row.confirmed_as_of,
    beatExpires: row.beat_expires,
    ackSequence: Number(row.ack_sequence),
    lastError: row.last_error,
  };
}

/** Remembers a beat. The mark only rises, whoever else writes it at the same time. */
export async function writeSeen(pool: Pool, seen: Position, beatExpires: string): Promise<void> {
  await pool.query(
    `UPDATE replication.replica_watch SET beat_expires = $3,
       seen_generation = CASE WHEN (seen_generation, seen_n) < ($1, $2) THEN $1 ELSE seen_generation END,
       seen_n = CASE WHEN (seen_generation, seen_n) < ($1, $2) THEN $2 ELSE seen_n END`,
    [seen.generation, seen.n, beatExpires],
  );
}

export async function writeConfirmed(pool: Pool, asOf: string): Promise<void> {
  await pool.query(
    `UPDATE replication.replica_watch SET confirmed_as_of = $1
     WHERE confirmed_as_of IS NULL OR confirmed_as_of < $1`,
    [asOf],
  );
}

export async function writeLastError(pool: Pool, error: LastError | null): Promise<void> {
  await pool.query('UPDATE replication.replica_watch SET last_error = $1', [
    error === null ? null : JSON.stringify(error),
  ]);
}

export async function nextAckSequence(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ ack_sequence: string }>(
    'UPDATE replication.replica_watch SET ack_sequence = ack_sequence + 1 RETURNING ack_sequence',
  );
  return Number(rows[0]?.ack_sequence);
}

/** Above the pinned version, which may have been moved up by hand. */
export async function readRoots(pool: Pool, pinnedVersion: number): Promise<Buffer[]> {
  const { rows } = await pool.query<{ object: Buffer }>(
    'SELECT object FROM replication.replica_root WHERE version > $1 ORDER BY version',
    [pinnedVersion],
  );
  return rows.map((row) => row.object);
}

export async function writeRoot(pool: Pool, version: number, object: Buffer): Promise<void> {
  await pool.query(
    'INSERT INTO replication.replica_root (version, object) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [version, object],
  );
}
