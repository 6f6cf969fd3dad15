import { DomainError, type DomainErrorOptions, type FieldProblem } from './domain-error.js';

/** 400: the input has wrong, unknown or missing members; `errors` names each by path. */
export class InvalidInput extends DomainError {
  constructor(errors: readonly FieldProblem[], options: Omit<DomainErrorOptions, 'errors'> = {}) {
    super('invalid_input', 400, 'info', { detail: 'The request is not valid.', ...options, errors });
  }
}

/** 401: nobody is signed in, or the token is not good (any more). */
export class NotAuthenticated extends DomainError {
  constructor(options: DomainErrorOptions = {}) {
    super('not_authenticated', 401, 'info', { detail: 'Sign in first.', ...options });
  }
}

/** 403: known, but not allowed. */
export class NotAllowed extends DomainError {
  constructor(options: DomainErrorOptions = {}) {
    super('not_allowed', 403, 'warn', { detail: 'You are not allowed to do this.', ...options });
  }
}

/** 404. Also the answer for a record that exists but that the caller may not see. */
export class NotFound extends DomainError {
  constructor(options: DomainErrorOptions = {}) {
    super('not_found', 404, 'info', { detail: 'There is no such thing here.', ...options });
  }
}

/** 405: on a replica every write. */
export class ReadOnlyReplica extends DomainError {
  constructor(options: DomainErrorOptions = {}) {
    super('read_only_replica', 405, 'info', {
      detail: 'This is a read-only replica. Make the change on the server on premises.',
      headers: { allow: 'GET, HEAD' },
      ...options,
    });
  }
}

/** 409: the state of things forbids it (a duplicate, a reference that is still used). */
export class Conflict extends DomainError {
  constructor(code = 'conflict', options: DomainErrorOptions = {}) {
    super(code, 409, 'info', options);
  }
}

/** 412: somebody else changed the record; `current` is the record as it is now. */
export class StaleVersion extends DomainError {
  constructor(current: unknown, options: DomainErrorOptions = {}) {
    super('stale_version', 412, 'info', {
      detail: 'The record was changed by somebody else in the meantime.',
      ...options,
      extensions: { current },
    });
  }
}

/** 428: a change without `If-Match`. */
export class VersionRequired extends DomainError {
  constructor(options: DomainErrorOptions = {}) {
    super('version_required', 428, 'info', {
      detail: 'Send If-Match with the ETag of the record that you changed.',
      ...options,
    });
  }
}

/** 413. `maxBytes` is told to the caller. */
export class TooLarge extends DomainError {
  constructor(maxBytes: number, options: DomainErrorOptions = {}) {
    super('too_large', 413, 'info', {
      detail: `The request is larger than the ${maxBytes} bytes allowed here.`,
      ...options,
    });
  }
}

/** 429 with `Retry-After` in whole seconds. */
export class TooManyRequests extends DomainError {
  constructor(retryAfterMs: number, options: DomainErrorOptions = {}) {
    super('too_many_requests', 429, 'warn', {
      detail: 'Too many attempts. Wait a little.',
      ...options,
      headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
    });
  }
}

/** 503: something that this needs (database, queue, bucket) does not answer. Worth another try. */
export class Unavailable extends DomainError {
  constructor(code = 'unavailable', options: DomainErrorOptions = {}) {
    super(code, 503, 'error', {
      detail: 'Part of the system does not answer right now. Try again in a moment.',
      headers: { 'retry-after': '5' },
      ...options,
    });
  }
}
