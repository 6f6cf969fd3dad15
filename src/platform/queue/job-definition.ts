export interface JobDefinition<Data extends object = object> {
  /** `imports.run`: unique, also the name of its queue. */
  readonly name: string;
  /** How often it is tried before it is dead. */
  readonly attempts: number;
  /** Pause before the second attempt; doubles with each further one, with jitter. */
  readonly backoffMs: number;
  /** One attempt. Its signal is aborted then, and the attempt counts as failed. */
  readonly timeoutMs: number;
  /**
   * For so long after a success the job's id stays taken, so that adding it again has no effect.
   * 0 frees it at once: for jobs that mean "look again".
   */
  readonly rememberMs: number;
  /** Never there; carries the type of the data. */
  readonly data?: Data;
}

const NAME = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/;
const HOUR_MS = 3_600_000;
const DEFAULTS = { attempts: 5, backoffMs: 1000, timeoutMs: 60_000, rememberMs: HOUR_MS };

/**
 * Data holds ids, not rows, and is JSON:
 * `export const runImport = defineJob<{ importId: string }>('imports.run', { attempts: 3 })`.
 */
export function defineJob<Data extends object>(
  name: string,
  options: Partial<Omit<JobDefinition, 'name' | 'data'>> = {},
): JobDefinition<Data> {
  if (!NAME.test(name)) throw new TypeError(`job names look like imports.run, not ${name}`);
  return Object.freeze({ name, ...DEFAULTS, ...options });
}

/** What stands in the queue: the caller's data and the id of the request that it came from. */
export interface JobEnvelope {
  requestId: string;
  data: object;
}

/** False for what another version of the program, or another program, left in the queue. */
export function isEnvelope(found: unknown): found is JobEnvelope {
  if (typeof found !== 'object' || found === null) return false;
  const { requestId, data } = found as Partial<JobEnvelope>;
  return typeof requestId === 'string' && typeof data === 'object';
}

/** BullMQ reserves `:` in ids and refuses ones that look like numbers. */
export const storedIdOf = (jobId: string): string => `j.${encodeURIComponent(jobId)}`;
export const jobIdOf = (storedId: string): string => decodeURIComponent(storedId.replace(/^j\./, ''));
