import { defineJob } from '../../platform/queue/index.js';

export const upkeepFiles = defineJob<Record<string, never>>('files.upkeep', {
  attempts: 3,
  timeoutMs: 60 * 60_000,
  // one of all servers that ask within the hour
  rememberMs: 30 * 60_000,
});
