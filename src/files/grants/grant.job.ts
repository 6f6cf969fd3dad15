import { defineJob } from '../../platform/queue/index.js';

/** Brings the grants in line with what the policy selects: of these files, or of all where none is named. */
export const grantFiles = defineJob<{ blobIds: string[] }>('files.grant', {
  attempts: 5,
  timeoutMs: 10 * 60_000,
  rememberMs: 0,
});
