import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { ObjectNotFound, type Bucket } from '../../platform/bucket/index.js';
import { LIMITS, rootKey, TrustChain } from '../format/index.js';
import { ReplicaError } from './replica.errors.js';
import { readRoots, writeRoot } from './replica-state.store.js';

/** Name of the pinned root in the replica's key folder; it comes there by hand, together with the floor. */
export const PINNED_ROOT_FILE = 'root.json';

/**
 * Loads the pinned root and every later one that this replica has accepted before. They are verified again: the
 * database is no more believed than the bucket.
 */
export async function loadTrust(pool: Pool, keyFolder: string, tenant: string): Promise<TrustChain> {
  const chain = TrustChain.pin(await readPin(join(keyFolder, PINNED_ROOT_FILE)), { tenant });
  for (const bytes of await readRoots(pool, chain.current.version)) chain.extend(bytes);
  return chain;
}

/** Follows the roots in the bucket. @returns whether there was a newer one */
export async function refreshTrust(pool: Pool, bucket: Bucket, chain: TrustChain): Promise<boolean> {
  let hasGrown = false;
  for (;;) {
    const version = chain.current.version + 1;
    let bytes: Buffer;
    try {
      bytes = await bucket.get(rootKey(version), { maxBytes: LIMITS.maxSmallObjectBytes });
    } catch (error) {
      if (error instanceof ObjectNotFound) return hasGrown;
      throw error;
    }
    chain.extend(bytes);
    await writeRoot(pool, version, bytes);
    hasGrown = true;
  }
}

async function readPin(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ReplicaError(
      'replica.trust_missing',
      'the pinned root (root.json in the key folder) cannot be read',
      { cause: error },
    );
  }
}
