import { HttpException } from '@nestjs/common';
import { DomainError, InvalidInput, NotFound, Unavailable } from '../errors/index.js';
import { isError } from '../logging/index.js';

interface KnownStatus {
  code: string;
  detail: string;
}

/** What Nest and Fastify throw themselves. Their messages may quote input, so the caller gets ours. */
const BY_STATUS: Readonly<Record<number, KnownStatus>> = {
  400: { code: 'malformed_request', detail: 'The request could not be read.' },
  401: { code: 'not_authenticated', detail: 'Sign in first.' },
  403: { code: 'not_allowed', detail: 'You are not allowed to do this.' },
  405: { code: 'method_not_allowed', detail: 'This method is not allowed here.' },
  406: { code: 'not_acceptable', detail: 'There is no answer in the form that was asked for.' },
  408: { code: 'request_timeout', detail: 'The request took too long to arrive.' },
  413: { code: 'too_large', detail: 'The request is larger than is allowed here.' },
  414: { code: 'uri_too_long', detail: 'The path or one of its parts is too long.' },
  415: { code: 'unsupported_media_type', detail: 'Send application/json.' },
  429: { code: 'too_many_requests', detail: 'Too many requests. Wait a little.' },
  431: { code: 'headers_too_large', detail: 'The headers are too large or too many.' },
  503: { code: 'unavailable', detail: 'The server is starting or stopping. Try again in a moment.' },
};

/** Node's and PostgreSQL's codes for "nobody answers" (classes 08, 53 and 57P). */
const UNREACHABLE =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|08...|53...|57P0[1-4])$/;
/** node-postgres and TypeORM throw these without a code. */
const UNREACHABLE_TEXT =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|connection is not established|DataSource is not (?:initialized|set)|cannot use a pool after calling end|client has encountered a connection error|client was closed/i;

export function statusProblem(status: number, cause?: unknown): DomainError {
  if (status === 404) return new NotFound({ cause });
  const known = BY_STATUS[status];
  if (known) return new DomainError(known.code, status, 'info', { detail: known.detail, cause });
  return status < 500 ? new DomainError('bad_request', status, 'info', { cause }) : internal(cause);
}

/** Turns whatever was thrown into something that may be told. */
export function domainErrorOf(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof HttpException) {
    const cause = error.cause;
    return cause instanceof DomainError ? cause : statusProblem(error.getStatus(), error);
  }
  if (!isError(error)) return internal(error);
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code === 'string' && UNREACHABLE.test(code))
    return new Unavailable('unavailable', { cause: error });
  if (UNREACHABLE_TEXT.test(error.message)) return new Unavailable('unavailable', { cause: error });
  if (error instanceof AggregateError && error.errors.every((e) => domainErrorOf(e).httpStatus === 503))
    return new Unavailable('unavailable', { cause: error });
  if (code === '57014')
    return new Unavailable('took_too_long', {
      detail: 'This took longer than is allowed. Narrow it down, or ask for an index.',
      cause: error,
    });
  if (code === '40001' || code === '40P01')
    return new Unavailable('try_again', { detail: 'Somebody else was faster. Try again.', cause: error });
  if (error.name === 'FastifyError' && typeof statusCode === 'number')
    return statusProblem(statusCode, error);
  return internal(error);
}

/** Whether another try, a little later, may succeed: a dependency does not answer. */
export const isUnavailable = (error: unknown): boolean => domainErrorOf(error).httpStatus === 503;

const internal = (cause: unknown): DomainError =>
  new DomainError('internal_error', 500, 'error', {
    detail: 'Something went wrong. Tell your administrator the request id.',
    cause,
  });

/** Duplicate names in a query: which one counts would depend on who reads it. */
export function duplicateParameters(url: string): InvalidInput | null {
  const at = url.indexOf('?');
  if (at === -1) return null;
  const names = [...new URLSearchParams(url.slice(at + 1)).keys()];
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  if (twice.size === 0) return null;
  return new InvalidInput([...twice].map((path) => ({ path, message: 'must be given once' })));
}
