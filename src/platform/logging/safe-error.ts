/** What a log line says about an error. */
export interface LoggedError {
  type: string;
  code?: string;
  message: string;
  stack?: string;
  cause?: LoggedError;
}

/** What came out of {@link safeError}. Nothing else that looks like it may pass unread. */
const made = new WeakSet<object>();

const DATABASE_STATE = /^[0-9A-Z]{5}$/;

/**
 * Errors of drivers carry the statement, its parameters and the offending row in further members, and PostgreSQL
 * quotes the value in messages of class 22 (data exceptions): none of it belongs in a log. The logger does this with
 * every `err` and `error`; where it was done before, that stays as it is.
 */
export function safeError(error: unknown, depth = 0): LoggedError {
  if (typeof error === 'object' && error !== null && made.has(error)) return error as LoggedError;
  const logged = describe(error, depth);
  made.add(logged);
  return logged;
}

function describe(error: unknown, depth: number): LoggedError {
  if (!isError(error)) return { type: typeof error, message: 'something other than an Error was thrown' };
  const { code } = error as { code?: unknown };
  const isDatabase = typeof code === 'string' && DATABASE_STATE.test(code) && 'severity' in error;
  const message = isDatabase ? `PostgreSQL answered ${code}` : withoutCredentials(error.message);
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    message,
    ...(frames ? { stack: [`${error.name}: ${message}`, ...frames].join('\n') } : {}),
    ...(isError(error.cause) && depth < 3 ? { cause: safeError(error.cause, depth + 1) } : {}),
  };
}

/** A short stable word for an error, fit for /readyz and metrics: never a message. */
export function errorCodeOf(error: unknown): string {
  if (!isError(error)) return 'unknown';
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code)) return code;
  // Node joins the refusals of a name's addresses (::1 and 127.0.0.1) in one AggregateError without a code of its own.
  const { errors } = error as { errors?: unknown };
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return first === undefined ? error.name : errorCodeOf(first);
}

function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^@/\s]+@/g, '//***@');
}

/** `instanceof` alone misses errors that were made in another realm, as Node's own are where tests run. */
export function isError(error: unknown): error is Error {
  return error instanceof Error || Object.prototype.toString.call(error) === '[object Error]';
}
