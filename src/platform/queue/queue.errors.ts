import { DomainError, NotFound, Unavailable } from '../errors/index.js';

/** 503: the queue took no job. What was to be done is not lost where a reconciler rebuilds it from the database. */
export class QueueUnavailable extends Unavailable {
  constructor(cause: unknown) {
    super('queue_unavailable', { detail: 'Background work cannot be started right now. Try again.', cause });
  }
}

/** A retry can help: the attempt took longer than the job's timeoutMs. */
export class JobTimeout extends DomainError {
  constructor(job: string, timeoutMs: number) {
    super('job_timeout', 503, 'warn', { detail: `${job} did not end within ${timeoutMs} ms.` });
  }
}

export class DeadJobNotFound extends NotFound {
  constructor() {
    super({ detail: 'There is no dead job with this id; perhaps it was retried already.' });
  }
}

/** A mistake in the program, found at its start. */
export class JobWiringError extends TypeError {}
