import { pino, type DestinationStream, type Logger } from 'pino';
import { bufferedStdout } from './line-buffer.js';
import { safeError } from './safe-error.js';
import { currentRequestId } from './request-scope.js';

export type { Logger } from 'pino';

/** Members with these names are blanked wherever they stand, three levels deep. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'passwordHash',
  'token',
  'csrfToken',
  'secret',
  'secretAccessKey',
  'apiKey',
  'privateKey',
  'email',
  'phone',
];

function redactedPaths(): string[] {
  const quoted = SECRET_NAMES.map((name) => `["${name}"]`);
  return quoted.flatMap((name) => [name, `*${name}`, `*.*${name}`]);
}

export interface LoggerOptions {
  level: string;
  /** server, replica, connector, cli … */
  name: string;
  /** Standard output when left out. */
  stream?: DestinationStream;
}

let lastMs = 0;
let lastStamp = '';

/** Many lines share a millisecond, and spelling one costs more than all else in a short line. */
function timestamp(): string {
  const now = Date.now();
  if (now !== lastMs) {
    lastMs = now;
    lastStamp = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastStamp;
}

/**
 * One JSON object per line: `{level, time, name, event, requestId?, …}`. Log objects with an `event`
 * (`log.info({ event: 'import.finished', rows })`), never sentences, personal data or secrets.
 */
export function createLogger({ level, name, stream }: LoggerOptions): Logger {
  return pino(
    {
      level,
      name,
      base: { name, pid: process.pid },
      formatters: { level: (label) => ({ level: label }) },
      timestamp,
      redact: { paths: redactedPaths(), censor: '[redacted]' },
      serializers: { err: safeError, error: safeError },
      mixin: () => {
        const requestId = currentRequestId();
        return requestId === undefined ? {} : { requestId };
      },
    },
    stream ?? bufferedStdout(),
  );
}
