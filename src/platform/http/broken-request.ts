import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemOf } from '../errors/index.js';
import { errorCodeOf, type Logger } from '../logging/index.js';
import { statusProblem } from './problem-of-any.js';

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Node gave up on the bytes of a connection (garbage, smuggling, slow or huge headers): there is no request yet. */
export function answerBrokenRequest(error: Error, socket: Socket, log: Logger): void {
  const code = errorCodeOf(error);
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const status = STATUS_BY_CODE[code] ?? 400;
  const requestId = randomUUID();
  log.info({ event: 'http.broken', requestId, status, reason: code });
  // Part of an answer may be under way on this connection; a second one in its middle would be worse than none.
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(problemOf(statusProblem(status), requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    `x-request-id: ${requestId}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
