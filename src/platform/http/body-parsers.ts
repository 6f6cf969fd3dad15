import { Transform, type Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HttpLimits } from '../config/index.js';
import { DomainError, InvalidInput, TooLarge } from '../errors/index.js';
import type { UploadLimits } from './body-limit.decorator.js';
import { parseBoundedJson } from './bounded-json.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** of a file upload: the media type that the sender gave, not to be believed */
    declaredType?: string;
  }
}

const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?:;|$)/;

/** JSON everywhere; anything else only where a route asked for it, so that a CSRF form post finds no parser. */
export function registerBodyParsers(
  instance: FastifyInstance,
  limits: HttpLimits,
  uploads: UploadLimits,
): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.bodyKind === 'file') hideDeclaredType(request);
    done();
  });
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      const text = decoded(bytes as Buffer);
      // An empty body with a JSON type is what many clients send with DELETE or a bare POST.
      done(null, text === '' ? undefined : parseBoundedJson(text, limits.jsonDepth));
    } catch (error) {
      done(error as Error);
    }
  });
  instance.addContentTypeParser('*', (request, payload, done) => {
    const kind = request.routeOptions.config.bodyKind;
    if (kind !== undefined) done(null, limited(request, payload, uploads[kind]));
    else done(new DomainError('unsupported_media_type', 415, 'info', { detail: 'Send application/json.' }));
  });
}

/** A file that is JSON must not meet the parser of JSON, and one without a type must meet a parser at all. */
function hideDeclaredType(request: FastifyRequest): void {
  const { headers } = request.raw;
  if (headers['content-type'] !== undefined) request.declaredType = headers['content-type'];
  headers['content-type'] = 'application/octet-stream';
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Decoded leniently, what is no UTF-8 would be stored as question marks, and nobody would know. */
function decoded(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new InvalidInput([{ path: '', message: 'must be UTF-8' }]);
  }
}

/** Fastify counts bytes only of bodies that it reads itself. */
function limited(request: FastifyRequest, payload: Readable, maxBytes: number): Readable {
  if (Number(request.headers['content-length']) > maxBytes) throw new TooLarge(maxBytes);
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      received += chunk.length;
      if (received > maxBytes) next(new TooLarge(maxBytes));
      else next(null, chunk);
    },
  });
  // A request that was refused before anybody read its body still breaks off now and then.
  counter.on('error', () => undefined);
  payload.once('error', (error) => counter.destroy(error));
  payload.once('aborted', () =>
    counter.destroy(new InvalidInput([{ path: '', message: 'the upload broke off' }])),
  );
  return payload.pipe(counter);
}
