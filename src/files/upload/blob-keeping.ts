import type { QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';
import { FileKeyRefused, type FileStore, type IncomingFile } from '../../platform/file-store/index.js';

/**
 * The key of a stored copy of this content that does not open any more, null where it does or there is none. Asked before
 * the transaction, because a large file takes a while to read; the key tells then whether the copy is still that one.
 */
export async function findDamaged(
  runner: SqlRunner,
  store: FileStore,
  incoming: IncomingFile,
): Promise<Buffer | null> {
  const [found] = await query<{ store_name: string; bytes: string; wrapped_key: Buffer; key_id: string }>(
    runner,
    'SELECT store_name, bytes, wrapped_key, key_id FROM files.blob WHERE sha256 = $1',
    [incoming.sha256],
  );
  if (!found) return null;
  const { store_name: storeName, bytes, wrapped_key: wrappedKey, key_id: keyId } = found;
  const file = { storeName, bytes: Number(bytes), wrappedKey, keyId };
  try {
    return (await store.isSound(file, incoming.sha256)) ? null : wrappedKey;
  } catch (error) {
    // wrapped by a server that has a newer key file: nothing is known of the copy, so it stays
    if (error instanceof FileKeyRefused) return null;
    throw error;
  }
}

/**
 * The row of this content, made where it is new. The file is put into its place while the row is locked: of two that
 * bring the same content at once the second waits here and then finds it, and the upkeep, which locks the row before
 * it removes a file, never takes one away that somebody has just found.
 * @param damaged as {@link findDamaged} says
 */
export async function keepBlob(
  tx: QueryRunner,
  store: FileStore,
  incoming: IncomingFile,
  damaged: Buffer | null,
): Promise<string> {
  const [found] = await query<{ id: string; wrapped_key: Buffer; is_new: boolean }>(
    tx,
    `INSERT INTO files.blob AS b (id, sha256, bytes, store_name, wrapped_key, key_id)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (sha256) DO UPDATE SET unreferenced_since = NULL
     RETURNING id, wrapped_key, xmax = 0 AS is_new`,
    [
      ...[uuidv7(), incoming.sha256, incoming.bytes],
      ...[incoming.storeName, incoming.wrappedKey, incoming.keyId],
    ],
  );
  if (!found) throw new Error('files.blob took no row');
  if (found.is_new) {
    await incoming.place();
  } else if (damaged?.equals(found.wrapped_key) === true || !(await store.has(incoming))) {
    // Its file was lost or damaged, and here it is again: a key of its own comes with it.
    await query(tx, 'UPDATE files.blob SET store_name = $2, wrapped_key = $3, key_id = $4 WHERE id = $1', [
      ...[found.id, incoming.storeName, incoming.wrappedKey, incoming.keyId],
    ]);
    await query(tx, 'DELETE FROM replication.file_grant WHERE blob_id = $1', [found.id]);
    await incoming.place();
  }
  return found.id;
}
