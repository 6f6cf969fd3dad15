import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { HttpLimits } from '../config/index.js';

/** An upload may take hours, if it only gets on: this much in each period of `requestTimeoutMs`. */
const MIN_BYTES_PER_PERIOD = 64 * 1024;

/**
 * Node's own `requestTimeout` knows no routes: it would cut off every upload of more than a minute. So it is off, and
 * this stands in its place: a body has `requestTimeoutMs` to arrive, an upload that long for each further piece.
 */
export function registerBodyDeadline(instance: FastifyInstance, limits: HttpLimits): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    // Fastify's `inject` brings no connection: its body is there at once, and it never says that it is complete.
    if (hasBody(request.raw) && request.raw.socket instanceof Socket) {
      const isUpload = request.routeOptions.config.bodyKind !== undefined;
      watch(instance, request.raw, limits.requestTimeoutMs, isUpload);
    }
    done();
  });
}

function watch(
  instance: FastifyInstance,
  request: IncomingMessage,
  periodMs: number,
  isUpload: boolean,
): void {
  const { socket } = request;
  let received = socket.bytesRead;
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) {
      clearInterval(timer);
      return;
    }
    const isMoving = isUpload && socket.bytesRead - received >= MIN_BYTES_PER_PERIOD;
    received = socket.bytesRead;
    if (isMoving) return;
    clearInterval(timer);
    // As Node itself tells of it.
    const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    instance.server.emit('clientError', late, socket);
  }, periodMs).unref();
  request.once('close', () => {
    clearInterval(timer);
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}
