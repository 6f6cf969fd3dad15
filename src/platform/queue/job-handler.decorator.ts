import { DiscoveryService } from '@nestjs/core';
import type { JobDefinition } from './job-definition.js';

/** One attempt of a job, as its handler sees it. */
export interface RunningJob<Data extends object> {
  id: string;
  data: Data;
  /** Of the request that added the job; also on every log line written meanwhile. */
  requestId: string;
  /** 1 for the first. */
  attempt: number;
  /** Aborted at the end of `timeoutMs` and when a stopping process can wait no longer. */
  signal: AbortSignal;
}

/**
 * Handlers are idempotent: after a crash a job runs again. An error means another attempt (after the backoff) until
 * the attempts are used up; `UnrecoverableError` ends it at once.
 */
export interface JobHandlerClass<Data extends object> {
  handle(job: RunningJob<Data>): Promise<void>;
}

/** Metadata of a handler class: the name of its job. */
export const handlerMark = DiscoveryService.createDecorator<string>();

/** On a provider of a feature module: `@JobHandler(runImport) class ImportWorker implements JobHandlerClass<…>`. */
export function JobHandler(job: JobDefinition | string): ClassDecorator {
  return handlerMark(typeof job === 'string' ? job : job.name);
}
