import type { ConnectorDatabase } from '../connector-database.js';

/** What the database knows of one replacement of older generations. */
export interface ReceiptFacts {
  generation: number;
  manifest: string;
  reason: string;
  generations: number[];
  objects: number;
  /** to whom the older ones were sealed, by replica */
  sealedTo: { replica: string; recipient: string }[];
  listedAt: Date;
  erasures: { id: string; requestedAt: string }[];
}

interface Row {
  generation: number;
  manifest: string;
  reason: string;
  generations: number[];
  objects: string;
  sealed_to: { replica: string; recipient: string }[];
  listed_at: Date;
  erasures: { id: string; requestedAt: string }[];
}

/**
 * The live generation, once every older one is purged and every object of a file that had to go as well. What an earlier
 * receipt told is not told again.
 */
const OWED = `
  WITH live AS (SELECT * FROM replication.generation WHERE state = 'live'),
  told AS (SELECT coalesce(max(r.generation), 0) AS upto FROM replication.receipt r),
  gone AS (SELECT o.* FROM replication.generation o, live, told
    WHERE o.state = 'purged' AND o.id < live.id AND o.id >= told.upto)
  SELECT live.id AS generation, live.reason,
    (SELECT b.digest FROM replication.batch b WHERE b.generation = live.id AND b.n = 1) AS manifest,
    (SELECT json_agg(gone.id ORDER BY gone.id) FROM gone) AS generations,
    (SELECT coalesce(sum(gone.purged_objects), 0) FROM gone) AS objects,
    (SELECT coalesce(json_agg(DISTINCT s.value::jsonb), '[]') FROM gone
       CROSS JOIN LATERAL jsonb_array_elements(coalesce(gone.recipients, '[]')) s) AS sealed_to,
    (SELECT max(gone.listed_at) FROM gone) AS listed_at,
    (SELECT coalesce(json_agg(json_build_object('id', e.id, 'requestedAt',
         to_char(e.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY e.requested_at, e.id), '[]')
       FROM replication.erasure e JOIN replication.generation_request q ON q.id = e.request_id
       WHERE q.generation > told.upto AND q.generation <= live.id) AS erasures
  FROM live, told
  WHERE live.id > told.upto AND EXISTS (SELECT 1 FROM gone)
    AND NOT EXISTS (SELECT 1 FROM replication.generation o WHERE o.id < live.id AND o.state <> 'purged')
    AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.listed_at IS NULL)
    AND NOT EXISTS (SELECT 1 FROM replication.blob_object b WHERE NOT b.referenced AND b.object_name IS NOT NULL
      AND b.condemned_generation < live.id)`;

export async function owedReceipt(db: ConnectorDatabase): Promise<ReceiptFacts | null> {
  const [row] = await db.query<Row>(OWED);
  if (row === undefined) return null;
  return {
    ...{ generation: row.generation, manifest: row.manifest, reason: row.reason, erasures: row.erasures },
    ...{ generations: row.generations, objects: Number(row.objects), sealedTo: row.sealed_to },
    listedAt: row.listed_at,
  };
}
