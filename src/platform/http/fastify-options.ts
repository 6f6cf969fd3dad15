import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { FastifyServerOptions } from 'fastify';
import type { Logger } from '../logging/index.js';
import { publicUrlOf, type AppConfig } from '../config/index.js';
import { answerBrokenRequest } from './broken-request.js';
import { sendProblem } from './problem.filter.js';
import { securityHeaders } from './security-headers.js';

const REQUEST_ID = /^[\w.-]{8,64}$/;

/** Fastify's and Node's limits are open or generous unless set; each stands here with our value. */
export function fastifyOptions(config: AppConfig, log: Logger): FastifyServerOptions {
  const { limits, trustedProxies } = config.http;
  const isHttps = publicUrlOf(config).startsWith('https:');
  const isTrusted = trustCheck(trustedProxies);
  return {
    logger: false,
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      const isGood = typeof given === 'string' && REQUEST_ID.test(given);
      return isGood && isTrusted(request.socket.remoteAddress) ? given : randomUUID();
    },
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: limits.bodyBytes,
    // see registerBodyDeadline
    requestTimeout: 0,
    connectionTimeout: limits.connectionTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    routerOptions: { maxParamLength: limits.pathParameterLength, caseSensitive: true },
    // A URL that cannot be decoded or is too long is answered before any hook.
    frameworkErrors: (error, request, reply) => {
      void reply.headers({ ...securityHeaders(request.url, isHttps), 'x-request-id': request.id });
      sendProblem(error, request, reply, log);
    },
    clientErrorHandler: (error, socket) => {
      answerBrokenRequest(error, socket, log);
    },
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      // Node looks for late clients only this often; 30 s unless set.
      connectionsCheckingInterval: Math.max(50, Math.min(5000, Math.floor(limits.headersTimeoutMs / 4))),
      insecureHTTPParser: false,
      requireHostHeader: true,
    },
  } as FastifyServerOptions;
}

/** Says whether a peer is one of our proxies. */
function trustCheck(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (peer) => {
    if (peer === undefined) return false;
    const plain = peer.replace(/^::ffff:(?=\d+\.)/, '');
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}
