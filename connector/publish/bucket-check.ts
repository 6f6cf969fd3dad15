import type { Bucket } from '../../src/platform/bucket/index.js';
import { rootKey, TrustChain } from '../../src/replication/format/index.js';
import { BucketObjected } from './publish.errors.js';
import { rootOrNull, type ConnectorTrust } from './trust.js';

/** Before anything is written: can this bucket be used, and is it ours? @throws BucketObjected */
export async function assertUsable(
  bucket: Bucket,
  trust: ConnectorTrust,
  purgeMayWait: boolean,
): Promise<void> {
  const objections = await bucket.inspect({ purgeMayWait });
  if (objections.length > 0) throw new BucketObjected(objections);
  await assertOwnTenant(bucket, trust);
}

/** A root of trust that is not the one pinned here means that somebody else publishes to this place. */
async function assertOwnTenant(bucket: Bucket, trust: ConnectorTrust): Promise<void> {
  const { version, bytes } = trust.pin;
  for (const known of new Set([1, version])) {
    const standing = await rootOrNull(bucket, known);
    if (standing === null) continue;
    if (known === version ? standing.equals(bytes) : isOf(standing, trust.tenant)) continue;
    throw new BucketObjected([
      {
        code: 'bucket.other_tenant',
        message: `The bucket already belongs to another tenant: its ${rootKey(known)} is not the root of trust of "${trust.tenant}" that this connector was given. Give each tenant a bucket or a prefix of its own (bucket.url); nothing was written.`,
      },
    ]);
  }
}

/** Whether it names this tenant and is signed by the keys that it names itself. */
function isOf(root: Buffer, tenant: string): boolean {
  try {
    return TrustChain.pin(root, { tenant }).current.tenant === tenant;
  } catch {
    return false; // unreadable, or of somebody else: either way not ours
  }
}
