export type ErrorLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One offending member of the input. `path` is a JSON path without the leading `$.`: `filter.and[0].field`. */
export interface FieldProblem {
  path: string;
  message: string;
}

export interface DomainErrorOptions {
  /** A sentence for the person who made the request. Never SQL, a secret or another person's data. */
  detail?: string;
  errors?: readonly FieldProblem[];
  /** Further members of the problem document, for example `current` beside a stale version. */
  extensions?: Readonly<Record<string, unknown>>;
  /** Extra response headers, for example `Retry-After`. */
  headers?: Readonly<Record<string, string>>;
  cause?: unknown;
}

/**
 * Anything that a caller may be told about. One filter turns it into an RFC 9457 problem document;
 * whatever is not a DomainError reaches the caller as `internal_error` with nothing but the request id.
 * `code` is part of the API: stable, snake_case.
 */
export class DomainError extends Error {
  readonly detail: string | undefined;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    readonly code: string,
    readonly httpStatus: number,
    readonly logLevel: ErrorLogLevel,
    options: DomainErrorOptions = {},
  ) {
    super(options.detail ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.detail = options.detail;
    this.errors = options.errors;
    this.extensions = options.extensions;
    this.headers = options.headers;
  }
}
