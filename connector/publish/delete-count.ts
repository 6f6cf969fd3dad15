import { viewOf } from './cloud-catalog.js';
import type { SeenDeletes } from './delete-brake.js';
import type { OpenSnapshot } from './snapshot-reader.js';

const CHUNK_ROWS = 5_000;
const SAMPLES = 5;
const NO_ID = '00000000-0000-0000-0000-000000000000';

/** Counts all that the keys in `batch_key` would delete. Reads ids only, in chunks, and seals nothing. */
export async function countDeletes(open: OpenSnapshot): Promise<SeenDeletes> {
  const seen: SeenDeletes = { deletes: {}, samples: {} };
  for (const { type } of open.catalog.types) {
    let [last, count, samples]: [string, number, string[]] = [NO_ID, 0, []];
    for (;;) {
      const ids = await exportedIds(open, type, last);
      if (ids.length === 0) break;
      const gone = await withoutSelected(open, type, ids);
      count += gone.length;
      samples = [...samples, ...gone].slice(0, SAMPLES);
      last = ids.at(-1) ?? last;
    }
    if (count === 0) continue;
    seen.deletes[type] = count;
    seen.samples[type] = samples;
  }
  return seen;
}

async function exportedIds({ session }: OpenSnapshot, type: string, after: string): Promise<string[]> {
  const { rows } = await session.query<{ id: string }>(
    `SELECT k.id FROM pg_temp.batch_key k JOIN replication.ledger l ON l.type = k.type AND l.id = k.id
     WHERE k.type = $1 AND k.id > $2 ORDER BY k.id LIMIT ${String(CHUNK_ROWS)}`,
    [type, after],
  );
  return rows.map(({ id }) => id);
}

async function withoutSelected({ session }: OpenSnapshot, type: string, ids: string[]): Promise<string[]> {
  const { rows } = await session.query<{ id: string }>(
    `SELECT v.id FROM ${viewOf(type)} v WHERE v.id = ANY ($1::uuid[])`,
    [ids],
  );
  const selected = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !selected.has(id));
}
