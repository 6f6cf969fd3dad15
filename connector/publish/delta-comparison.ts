import { rowDigest } from '../../src/replication/format/index.js';
import type { BatchWriter, StateTally } from './batch-writer.js';
import { presentTypes } from './changed-keys.js';
import { viewOf } from './cloud-catalog.js';
import type { DeleteBrake } from './delete-brake.js';
import type { LedgerChanges } from './ledger-changes.js';
import type { OpenSnapshot } from './snapshot-reader.js';

const CHUNK_ROWS = 1_000;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Where the outcome of a comparison goes. */
export interface DeltaTarget {
  digestKey: Buffer;
  writer: BatchWriter;
  tally: StateTally;
  ledger: LedgerChanges;
  /** null: whatever is to be deleted goes */
  brake: DeleteBrake | null;
  mirror?: DeltaMirror | undefined;
}

/** Is told everything that a delta says, in its order. */
export interface DeltaMirror {
  upsert(
    type: string,
    row: string,
    change: { id: string; before: Buffer | null; after: Buffer },
  ): Promise<void>;
  remove(type: string, id: string, before: Buffer): Promise<void>;
}

interface Key {
  id: string;
  /** of what was last sent; null: never exported */
  digest: Buffer | null;
}

/**
 * Holds the rows in `batch_key` against what the ledger says was sent. The same digest sends nothing; in view is an
 * upsert; no longer in view but sent once is a tombstone; and a row that was never sent stays unmentioned, so that
 * not even its id leaves.
 * @throws BrakePassed where it would delete more than may pass without a person
 */
export async function compareKeys(open: OpenSnapshot, target: DeltaTarget): Promise<void> {
  const present = await presentTypes(open);
  for (const { type } of open.catalog.types.filter((entry) => present.has(entry.type))) {
    let last: string | null = NO_ID;
    while (last !== null) {
      const keys: Key[] = await nextKeys(open, type, last);
      await compareChunk(open, type, keys, target);
      last = keys.length < CHUNK_ROWS ? null : (keys.at(-1)?.id ?? null);
    }
  }
}

/**
 * The limit stands below the join: above it each chunk would join, and sort, everything that is left. And the ledger is
 * asked row by row, through its key: where the planner does not know how large it has become, it would read all of it
 * for every chunk.
 */
async function nextKeys(open: OpenSnapshot, type: string, after: string): Promise<Key[]> {
  const { rows } = await open.session.query<Key>(
    `SELECT k.id, l.digest FROM (
       SELECT id FROM pg_temp.batch_key WHERE type = $1 AND id > $2 ORDER BY id LIMIT ${String(CHUNK_ROWS)}) k
     LEFT JOIN LATERAL (SELECT digest FROM replication.ledger WHERE type = $1 AND id = k.id LIMIT 1) l ON true
     ORDER BY k.id`,
    [type, after],
  );
  return rows;
}

async function compareChunk(
  open: OpenSnapshot,
  type: string,
  keys: Key[],
  target: DeltaTarget,
): Promise<void> {
  const rows = await currentRows(open, type, keys);
  for (const { id, digest: before } of keys) {
    const row = rows.get(id);
    if (row !== undefined) await offer(type, id, row, before, target);
    else if (before !== null) await withdraw(type, id, before, target);
  }
}

/**
 * With a list of ids rather than a join: a security_barrier view is never merged into the query around it, so a join
 * would compute the whole view first, while this condition is leakproof and reaches the index below.
 */
async function currentRows(open: OpenSnapshot, type: string, keys: Key[]): Promise<Map<string, string>> {
  const { rows } = await open.session.query<{ id: string; row: string }>(
    `SELECT v.id, row_to_json(v)::text AS row FROM ${viewOf(type)} v WHERE v.id = ANY ($1::uuid[])`,
    [keys.map((key) => key.id)],
  );
  return new Map(rows.map(({ id, row }) => [id, row]));
}

async function offer(
  type: string,
  id: string,
  row: string,
  before: Buffer | null,
  target: DeltaTarget,
): Promise<void> {
  const after = rowDigest(target.digestKey, type, row);
  if (before?.equals(after) === true) return;
  await target.writer.upsert(type, row);
  target.tally.upsert(type, before, after);
  await target.ledger.add({ type, id, before, after });
  await target.mirror?.upsert(type, row, { id, before, after });
}

async function withdraw(type: string, id: string, before: Buffer, target: DeltaTarget): Promise<void> {
  target.brake?.count(type);
  await target.writer.remove(type, id);
  target.tally.remove(type, before);
  await target.ledger.add({ type, id, before, after: null });
  await target.mirror?.remove(type, id, before);
}
