// Which sealed objects the rows of a batch show. Read in the batch's own snapshot, so that manifest and rows agree; kept
// in the transaction that records the batch, so that no object is removed that a recorded batch refers to.
import type { BlobEntry } from '../../src/replication/format/index.js';
import type { Session } from '../connector-database.js';
import { ConnectorError } from '../connector.errors.js';
import { ATTACHMENT_TYPE, viewOf } from './cloud-catalog.js';
import type { OpenSnapshot } from './snapshot-reader.js';

/** Of all rows after the batch, and what it changes. */
export interface AttachmentChanges {
  /** rows whose file is in the bucket */
  available: number;
  /** rows whose file is still on its way */
  pending: number;
  /** objects that rows show now and did not before; in a snapshot all */
  added: BlobEntry[];
  /** objects that no row shows any more */
  condemned: string[];
  /** how many of those that are added have their key in a line of the batch */
  keys: number;
}

export const noAttachments: AttachmentChanges = {
  available: 0,
  pending: 0,
  added: [],
  condemned: [],
  keys: 0,
};

/** An object was removed between the look at it and the recording of the batch; the next attempt sees it gone. */
export class ObjectGone extends ConnectorError {
  constructor() {
    super('object-gone', 'An attachment left the bucket while the batch that shows it was made.');
  }
}

interface ShownRow {
  kind: 'pending' | 'available' | 'added' | 'condemned';
  name: string | null;
  bytes: string | null;
  sha256: string | null;
  rows: string;
}

/** A session or the pool. */
interface Runs {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

const CONDEMNED = `SELECT o.object_name FROM replication.blob_object o WHERE o.referenced`;

function readSql(): string {
  return `
    WITH shown AS MATERIALIZED (
      SELECT v.object_name AS name, v.object_bytes AS bytes, v.object_sha256 AS sha256, count(*) AS rows
      FROM ${viewOf(ATTACHMENT_TYPE)} v GROUP BY 1, 2, 3)
    SELECT CASE WHEN s.name IS NULL THEN 'pending' ELSE 'available' END AS kind, NULL AS name, NULL::bigint AS bytes,
      NULL AS sha256, sum(s.rows)::bigint AS rows FROM shown s GROUP BY 1
    UNION ALL
    SELECT 'added', s.name, s.bytes, s.sha256, s.rows FROM shown s WHERE s.name IS NOT NULL AND ($1 OR NOT EXISTS (
      SELECT 1 FROM replication.blob_object o WHERE o.object_name = s.name AND o.referenced))
    UNION ALL
    SELECT 'condemned', o.object_name, NULL, NULL, 0 FROM replication.blob_object o
    WHERE o.referenced AND NOT EXISTS (SELECT 1 FROM shown s WHERE s.name = o.object_name)
    ORDER BY 1, 2`;
}

/** @param isSnapshot whether the batch begins a generation: then every object is news */
export async function readAttachments(open: OpenSnapshot, isSnapshot: boolean): Promise<AttachmentChanges> {
  const { session, catalog } = open;
  if (!catalog.types.some(({ type }) => type === ATTACHMENT_TYPE)) {
    const { rows } = await session.query<{ object_name: string }>(`${CONDEMNED} ORDER BY 1`);
    return { ...noAttachments, condemned: rows.map((row) => row.object_name) };
  }
  const { rows } = await session.query<ShownRow>(readSql(), [isSnapshot]);
  const changes: AttachmentChanges = { ...noAttachments, added: [], condemned: [] };
  for (const { kind, name, bytes, sha256, rows: count } of rows) {
    if (kind === 'pending' || kind === 'available') changes[kind] = Number(count);
    else if (kind === 'condemned') changes.condemned.push(name ?? '');
    else changes.added.push({ name: name ?? '', bytes: Number(bytes), sha256: sha256 ?? '' });
  }
  return changes;
}

/**
 * In the transaction that records the batch.
 * @param sealedTo digest of the replicas that read the batch, and with it the keys of what it adds
 * @throws ObjectGone
 */
export async function keepReferences(
  tx: Session,
  batch: { generation: number; n: number; attachments: AttachmentChanges },
  sealedTo: string | null,
): Promise<void> {
  const { generation, n, attachments } = batch;
  const { added, condemned } = attachments;
  if (added.length > 0) {
    const { rowCount } = await tx.query(
      `UPDATE replication.blob_object SET referenced = true, condemned_generation = NULL, condemned_n = NULL,
         condemned_at = NULL, sealed_to = CASE WHEN sealed_data_key IS NULL THEN sealed_to ELSE $2 END
       WHERE object_name = ANY ($1) AND state = 'available'`,
      [added.map(({ name }) => name), sealedTo],
    );
    if (rowCount !== added.length) throw new ObjectGone();
  }
  if (condemned.length === 0) return;
  await tx.query(
    `UPDATE replication.blob_object SET referenced = false, condemned_generation = $2, condemned_n = $3,
       condemned_at = clock_timestamp() WHERE object_name = ANY ($1)`,
    [condemned, generation, n],
  );
}

/** In the transaction that takes a pending delta back. */
export async function undoReferences(tx: Session, { added, condemned }: AttachmentChanges): Promise<void> {
  await tx.query('UPDATE replication.blob_object SET referenced = false WHERE object_name = ANY ($1)', [
    added.map(({ name }) => name),
  ]);
  await tx.query(
    `UPDATE replication.blob_object SET referenced = true, condemned_generation = NULL, condemned_n = NULL,
       condemned_at = NULL WHERE object_name = ANY ($1)`,
    [condemned],
  );
}

/** What the trust in force says of those that objects were sealed to, as digests of their recipients. */
export interface ReaderSets {
  /** of the newest root */
  sealedTo: string;
  /** of the root that was pinned: what stands for objects from before this was noted */
  sealedToAtFirst: string;
  /** of every known root none of whose replicas was revoked since */
  stillTrusted: readonly string[];
}

/**
 * What somebody could open who is no reader any more; and of objects that have their key in the header, what a new
 * replica could not open. From here on no row shows them; once the batch that says so is out, they are removed and the
 * files are sent anew.
 */
export async function markStaleObjects(session: Runs, readers: ReaderSets): Promise<void> {
  await session.query(
    `UPDATE replication.blob_object SET state = 'stale', updated_at = clock_timestamp()
     WHERE state = 'available' AND CASE WHEN sealed_data_key IS NULL THEN coalesce(sealed_to, $2) <> $1
       ELSE sealed_to <> ALL ($3::text[]) END`,
    [readers.sealedTo, readers.sealedToAtFirst, readers.stillTrusted],
  );
}
