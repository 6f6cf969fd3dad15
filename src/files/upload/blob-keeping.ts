import type { QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query } from '../../platform/database/index.js';
import type { FileStore, IncomingFile } from '../../platform/file-store/index.js';

/**
 * The row of this content, made where it is new. The file is put into its place while the row is locked: of two that
 * bring the same content at once the second waits here and then finds it, and the upkeep, which locks the row before
 * it removes a file, never takes one away that somebody has just found.
 */
export async function keepBlob(tx: QueryRunner, store: FileStore, incoming: IncomingFile): Promise<string> {
  const [found] = await query<{ id: string; is_new: boolean }>(
    tx,
    `INSERT INTO files.blob AS b (id, sha256, bytes, store_name, wrapped_key, key_id)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (sha256) DO UPDATE SET unreferenced_since = NULL
     RETURNING id, xmax = 0 AS is_new`,
    [
      ...[uuidv7(), incoming.sha256, incoming.bytes],
      ...[incoming.storeName, incoming.wrappedKey, incoming.keyId],
    ],
  );
  if (!found) throw new Error('files.blob took no row');
  if (found.is_new) {
    await incoming.place();
  } else if (!(await store.has(incoming))) {
    // Its file was lost, and here it is again: a key of its own comes with it.
    await query(tx, 'UPDATE files.blob SET store_name = $2, wrapped_key = $3, key_id = $4 WHERE id = $1', [
      ...[found.id, incoming.storeName, incoming.wrappedKey, incoming.keyId],
    ]);
    await query(tx, 'DELETE FROM replication.file_grant WHERE blob_id = $1', [found.id]);
    await incoming.place();
  }
  return found.id;
}
