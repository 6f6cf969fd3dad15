import { defineJob } from '../../platform/queue/index.js';

/** Means "look at what is unfinished"; the names stand in crm.tag_change. */
export const rewriteTags = defineJob<{ changeId: string }>('tags.rewrite', {
  attempts: 8,
  timeoutMs: 6 * 3_600_000,
  rememberMs: 0,
});
