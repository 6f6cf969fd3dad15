import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { publicUrlOf, type AppConfig } from '../config/index.js';
import { runInRequest, type Logger } from '../logging/index.js';
import { httpDuration } from '../metrics/index.js';
import { duplicateParameters, statusProblem } from './problem-of-any.js';
import { securityHeaders } from './security-headers.js';

/** Route template, so that neither metrics nor logs hold ids or search words. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? '(none)';

/** What happens around every request, whether a route takes it or not. */
export function registerRequestHooks(instance: FastifyInstance, config: AppConfig, log: Logger): void {
  const isHttps = publicUrlOf(config).startsWith('https:');
  const { headerCount } = config.http.limits;
  // Every member of an access line is named below, none of them a secret: nothing to search for in each of them.
  const lines = log.child({}, { redact: [] });
  instance.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    void reply.headers(securityHeaders(path, isHttps)).header('x-request-id', request.id);
    runInRequest(request.id, () => {
      // Node drops what is beyond its own limit without a word, so ours stands below it.
      if (request.raw.rawHeaders.length / 2 > headerCount) done(statusProblem(431));
      else if (hasTwoHosts(request.raw.rawHeaders)) {
        // Whoever sends this hopes that we and a proxy before us read it differently: hear no more of it.
        void reply.header('connection', 'close');
        done(statusProblem(400));
      } else done(duplicateParameters(request.url) ?? undefined);
    });
  });
  let isClosing = false;
  instance.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  instance.addHook('onSend', (request, reply, payload, done) => {
    const isApi = request.url.startsWith('/api/');
    if (isApi && !reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    // A client that keeps its connection would hold up the stop for as long as it likes.
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  instance.addHook('onResponse', (request, reply, done) => {
    account(request, reply, lines);
    done();
  });
  instance.addHook('onRequestAbort', (request, done) => {
    log.info({
      event: 'http.aborted',
      requestId: request.id,
      method: request.method,
      route: routeOf(request),
    });
    done();
  });
}

function account(request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const route = routeOf(request);
  const who = request.holdfastContext?.principal;
  const labels = { method: request.method, route, status: String(reply.statusCode) };
  httpDuration.observe(labels, reply.elapsedTime / 1000);
  const line = {
    event: 'http.request',
    requestId: request.id,
    method: request.method,
    route,
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime),
    ...(who ? { principal: who.kind, userId: who.userId } : {}),
  };
  // Asked every few seconds by machines.
  if (route === '/healthz' || route === '/readyz' || route === '/metrics') log.debug(line);
  else log.info(line);
}

/** Node keeps the first and drops the others without a word. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let found = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') found += 1;
  return found > 1;
}
