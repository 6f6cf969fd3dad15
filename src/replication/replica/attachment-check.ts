import type { PoolClient } from 'pg';
import { decodeBlobList, type Manifest, type PartEntry } from '../format/index.js';
import type { ListedFiles } from './file-keys.js';
import { ReplicaError } from './replica.errors.js';
import type { TargetTable } from './target-tables.js';

const TYPE = 'attachment';

interface Difference {
  available: string;
  pending: string;
  unshown: string;
  condemned: string;
  unlisted: string;
}

/** @param readList fetches a list that the manifest names instead of holding it */
export async function readListedFiles(
  { attachments }: Manifest,
  readList: (entry: PartEntry) => Promise<Buffer>,
): Promise<ListedFiles> {
  let { added, condemned } = attachments;
  for (const entry of attachments.lists) {
    const list = decodeBlobList(await readList(entry), entry);
    added = [...added, ...list.added];
    condemned = [...condemned, ...list.condemned];
  }
  return { added, condemned };
}

/**
 * Holds what the manifest says of attachments against the rows as stored, in the transaction that applied them: numbers
 * by state, that every object listed is shown with that length and digest, and that no row shows a condemned one.
 */
export async function assertAttachments(
  client: PoolClient,
  { attachments, kind }: Manifest,
  target: TargetTable | undefined,
  { added, condemned }: ListedFiles,
): Promise<void> {
  if (target === undefined) {
    if (attachments.available + attachments.pending + added.length > 0) throw differs();
    return;
  }
  const { rows } = await client.query<Difference>(differenceSql(target.table), [
    JSON.stringify(added),
    condemned,
    kind === 'snapshot',
  ]);
  const [found] = rows;
  const isSame =
    Number(found?.available) === attachments.available && Number(found?.pending) === attachments.pending;
  const isListed = [found?.unshown, found?.condemned, found?.unlisted].every((count) => Number(count) === 0);
  if (!isSame || !isListed) throw differs();
}

function differenceSql(table: string): string {
  return `
    WITH listed AS (
      SELECT * FROM json_to_recordset($1::json) AS l (name text, bytes bigint, sha256 text)),
    shown AS (
      SELECT object_name AS name, object_bytes AS bytes, object_sha256 AS sha256, count(*) AS rows
      FROM ${table} WHERE object_name IS NOT NULL GROUP BY 1, 2, 3)
    SELECT (SELECT coalesce(sum(rows), 0) FROM shown) AS available,
      (SELECT count(*) FROM ${table} WHERE object_name IS NULL) AS pending,
      (SELECT count(*) FROM (SELECT name, bytes, sha256 FROM listed EXCEPT SELECT name, bytes, sha256 FROM shown) d) AS unshown,
      (SELECT count(*) FROM shown WHERE name = ANY ($2)) AS condemned,
      CASE WHEN $3 THEN (SELECT count(*) FROM (
        SELECT name, bytes, sha256 FROM shown EXCEPT SELECT name, bytes, sha256 FROM listed) d) ELSE 0 END AS unlisted`;
}

function differs(): ReplicaError {
  return new ReplicaError(
    'replica.state_differs',
    `type ${TYPE}: the stored rows do not show the files that were signed`,
  );
}
