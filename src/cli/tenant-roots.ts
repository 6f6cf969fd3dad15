import { readFile } from 'node:fs/promises';
import { ObjectNotFound, type Bucket } from '../platform/bucket/index.js';
import { rootKey, TrustChain } from '../replication/format/index.js';

/** Name of the root of trust that was put into a host's key folder by hand. */
export const PINNED_ROOT_FILE = 'root.json';

export interface TenantRoots {
  readonly chain: TrustChain;
  /** base64; every key that any of the roots lets sign checkpoints of the audit */
  readonly auditKeys: readonly string[];
}

/** From a pinned root to the newest one in the bucket. Without a bucket the pinned one is all there is. */
export async function followTenantRoots(from: {
  readonly pin: string;
  readonly tenant: string;
  readonly bucket: Bucket | null;
}): Promise<TenantRoots> {
  const chain = TrustChain.pin(await readFile(from.pin), { tenant: from.tenant });
  const auditKeys = new Set(chain.current.auditKeys);
  for (;;) {
    const next = from.bucket && (await rootOrNull(from.bucket, chain.current.version + 1));
    if (!next) return { chain, auditKeys: [...auditKeys] };
    for (const key of chain.extend(next).auditKeys) auditKeys.add(key);
  }
}

async function rootOrNull(bucket: Bucket, version: number): Promise<Buffer | null> {
  try {
    return await bucket.get(rootKey(version));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}
