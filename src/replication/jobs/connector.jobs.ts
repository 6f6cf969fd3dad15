// The connector's jobs, by name. Here, because the server shows and retries those that failed for good, wherever they ran.
import { defineJob } from '../../platform/queue/index.js';

const DAY_MS = 86_400_000;

/**
 * Brings one selected file into the bucket. How it went stands in replication.blob_object, so the job itself fails only
 * where not even that could be written. `rememberMs: 0`: it means "look again".
 */
export const uploadAttachment = defineJob<{ blobId: string }>('connector.attachments', {
  attempts: 3,
  backoffMs: 5_000,
  // a large file under a small bandwidth cap takes as long as it takes; a crash is noticed by the claim, not by this
  timeoutMs: DAY_MS,
  rememberMs: 0,
});

/** Removes objects that nothing refers to any more; `sweep` also looks for what no table knows. */
export const collectObjects = defineJob<{ sweep: boolean }>('connector.collect-objects', {
  attempts: 5,
  backoffMs: 5_000,
  timeoutMs: 3_600_000,
  rememberMs: 0,
});

/** Deletes from the bucket what belongs to generations below the live one. `rememberMs: 0`: it means "look again". */
export const purgeGenerations = defineJob<{ live: number }>('connector.purge', {
  attempts: 8,
  backoffMs: 2_000,
  timeoutMs: 3_600_000,
  rememberMs: 0,
});
