import { destination, type DestinationStream } from 'pino';

/** Lines wait for this long at most, or until so many characters are there. */
const FLUSH_EVERY_MS = 100;
const FLUSH_AT_CHARS = 8_192;
/** pino's number of `warn` */
const WARN = 40;

/**
 * Standard output, many lines per write: one write per line is a tenth of what a small request costs. Warnings and
 * worse take what waits before them along at once, and so does the end of the process, however it comes but by kill -9.
 */
export function bufferedStdout(): DestinationStream {
  return (shared ??= openStdout());
}

let shared: DestinationStream | undefined;

function openStdout(): DestinationStream {
  const out = destination({ dest: 1, sync: true, minLength: FLUSH_AT_CHARS });
  const flush = (): void => {
    try {
      out.flushSync();
    } catch {
      // a reader that is gone (EPIPE) or slow (EAGAIN): what waits is written with what comes next
    }
  };
  setInterval(flush, FLUSH_EVERY_MS).unref();
  process.on('exit', flush);
  const stream = {
    // how pino says of what level the next line is
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write(line: string) {
      out.write(line);
      if (stream.lastLevel >= WARN) flush();
    },
  };
  return stream;
}
