import { randomBytes, randomUUID } from 'node:crypto';
import { query, type SqlRunner } from '../../../platform/database/index.js';

/** The block of SHA-256, to which HMAC fills up its key. */
const blockBytes = 64;
const keyBytes = 32;

/**
 * Makes the key of the pseudonyms where there is none yet. It is made once and stays: with another one, equal values of
 * before and after would no longer be told to be equal. It lies in the database only, and in its backups.
 */
export async function ensurePseudonymKey(tx: SqlRunner): Promise<void> {
  const key = Buffer.concat([randomBytes(keyBytes), Buffer.alloc(blockBytes - keyBytes)]);
  await query(
    tx,
    `INSERT INTO replication.pseudonym_key (id, inner_block, outer_block) SELECT $1, $2, $3
     WHERE NOT EXISTS (SELECT 1 FROM replication.pseudonym_key)`,
    [randomUUID(), key.map((byte) => byte ^ 0x36), key.map((byte) => byte ^ 0x5c)],
  );
}
