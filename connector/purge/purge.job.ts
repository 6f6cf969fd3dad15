import { defineJob } from '../../src/platform/queue/index.js';

/** Deletes from the bucket what belongs to generations below the live one. `rememberMs: 0`: it means "look again". */
export const purgeGenerations = defineJob<{ live: number }>('connector.purge', {
  attempts: 8,
  backoffMs: 2_000,
  timeoutMs: 3_600_000,
  rememberMs: 0,
});
