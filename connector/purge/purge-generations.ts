import type { Bucket } from '../../src/platform/bucket/index.js';
import { manifestPrefix, partPrefix } from '../../src/replication/format/index.js';

const REMOVE_AT_ONCE = 500;

/**
 * Deletes every object of the generations below `live`: manifests first, so that no reader begins on one whose
 * parts are going. Also takes what a publisher that was frozen left there after an earlier purge.
 * @returns how many objects went
 */
export async function purgeGenerationsBelow(
  bucket: Bucket,
  live: number,
  signal: AbortSignal,
): Promise<number> {
  const manifests = await removeBelow(bucket, manifestPrefix(), manifestPrefix(live), signal);
  return manifests + (await removeBelow(bucket, partPrefix(), partPrefix(live), signal));
}

/** How many objects of those generations a listing shows. */
export async function countGenerationsBelow(
  bucket: Bucket,
  live: number,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for (const [prefix, end] of [
    [manifestPrefix(), manifestPrefix(live)],
    [partPrefix(), partPrefix(live)],
  ] as const)
    for await (const { key } of bucket.list(prefix)) {
      signal.throwIfAborted();
      if (key >= end) break;
      count += 1;
    }
  return count;
}

async function removeBelow(
  bucket: Bucket,
  prefix: string,
  end: string,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    if (batch.length > 0) await bucket.remove(batch);
    removed += batch.length;
    batch = [];
  };
  for await (const { key } of bucket.list(prefix)) {
    if (key >= end) break;
    batch.push(key);
    if (batch.length >= REMOVE_AT_ONCE) await flush();
  }
  await flush();
  return removed;
}
