// The data keys of the files that rows show, as the lines of batches bring them. They change in the transaction that changes
// the rows, so a file that is no longer shown cannot be opened here any more.
import type { Pool, PoolClient } from 'pg';
import {
  bareBlobBytes,
  FILE_KEYS_FEATURE,
  FormatError,
  type BlobContext,
  type BlobEntry,
  type KeySeal,
  type Manifest,
} from '../format/index.js';
import { ReplicaError } from './replica.errors.js';
import type { TargetTable } from './target-tables.js';

/** What a batch says of files: from its manifest and the lists that it names. */
export interface ListedFiles {
  added: BlobEntry[];
  condemned: string[];
}

/**
 * Takes over the keys of a batch, and drops those of what it condemns; a snapshot's take the place of all before. Called
 * after the rows were applied.
 * @param keys how many are staged in `pg_temp.file_key`
 * @throws FormatError, and ReplicaError where an object that needs a line has none, or one has a line that needs none
 */
export async function applyFileKeys(
  client: PoolClient,
  manifest: Manifest,
  { added, condemned }: ListedFiles,
  target: TargetTable | undefined,
  keys: number,
): Promise<void> {
  if (keys > 0 && !manifest.features.includes(FILE_KEYS_FEATURE))
    throw new FormatError('format.malformed', 'keys of files in a batch that does not announce them');
  if (target !== undefined && added.length > 0)
    await assertKeys(client, manifest.tenant, added, target, keys);
  else if (keys > 0) throw differs();
  if (manifest.kind === 'snapshot') await client.query('DELETE FROM replication.blob_key');
  else if (condemned.length > 0)
    await client.query('DELETE FROM replication.blob_key WHERE name = ANY ($1)', [condemned]);
  if (keys === 0) return;
  // an object that went and comes back has the key that it had
  await client.query(`DELETE FROM replication.blob_key k USING pg_temp.file_key f WHERE f.name = k.name`);
  await client.query(
    'INSERT INTO replication.blob_key (name, sealed_key) SELECT name, sealed_key FROM pg_temp.file_key',
  );
}

/**
 * Each added object whose length leaves no room for a key in its header has one line, and nothing else has any. What a
 * line says is found wrong when the file is opened: its first chunk is not authentic then.
 */
async function assertKeys(
  client: PoolClient,
  tenant: string,
  added: readonly BlobEntry[],
  { table }: TargetTable,
  keys: number,
): Promise<void> {
  const names = added.map(({ name }) => name);
  const { rows: shown } = await client.query<{ name: string; bytes: string }>(
    `SELECT object_name AS name, max(bytes) AS bytes FROM ${table} WHERE object_name = ANY ($1) GROUP BY 1`,
    [names],
  );
  const plainBytes = new Map(shown.map(({ name, bytes }) => [name, Number(bytes)]));
  const needing = added
    .filter(({ name, bytes }) => hasNoRoomForKey({ tenant, name }, plainBytes.get(name), bytes))
    .map(({ name }) => name);
  if (needing.length !== keys) throw differs();
  if (keys === 0) return;
  const { rows } = await client.query<{ same: string }>(
    `SELECT count(DISTINCT f.name) AS same FROM pg_temp.file_key f WHERE f.name = ANY ($1)`,
    [needing],
  );
  if (Number(rows[0]?.same) !== keys) throw differs();
}

function hasNoRoomForKey(context: BlobContext, plainBytes: number | undefined, objectBytes: number): boolean {
  return plainBytes !== undefined && bareBlobBytes(context, plainBytes) === objectBytes;
}

function differs(): ReplicaError {
  return new ReplicaError(
    'replica.state_differs',
    'the batch does not have the keys of exactly the files that it adds',
  );
}

/** The key of one object, null where there is none: then it is in the object's header, or the file is not shown. */
export async function fileKey(pool: Pool, seal: KeySeal, name: string): Promise<Buffer | null> {
  const { rows } = await pool.query<{ sealed_key: Buffer }>(
    'SELECT sealed_key FROM replication.blob_key WHERE name = $1',
    [name],
  );
  const [row] = rows;
  return row === undefined ? null : seal.open(name, row.sealed_key);
}
