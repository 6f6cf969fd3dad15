import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NotFound } from '../errors/index.js';
import type { Logger } from '../logging/index.js';
import { pageCsp } from './security-headers.js';

const NONCE_PLACEHOLDER = '__CSP_NONCE__';
const YEAR_MS = 31_536_000_000;
/** Vite puts a hash into the names of everything in here. */
const HASHED = 'assets/';

/**
 * Serves the built web UI. Its `index.html` is the answer to every path that is no file's nor below /api;
 * it gets a fresh nonce at each `__CSP_NONCE__` (Vite's `html.cspNonce`), or a <meta name="csp-nonce"> if it has none.
 */
export async function serveWeb(instance: FastifyInstance, folder: string, log: Logger): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    log.warn({ event: 'web.missing', folder });
    return;
  }
  const files = await filesIn(folder);
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  await instance.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    cacheControl: false,
  });
  instance.get('/*', (request, reply) => {
    const path = pathOf(request);
    if (path !== 'index.html' && files.has(path)) return sendFile(reply, path);
    if (isOfFiles(path) || !wantsPage(request)) throw new NotFound();
    return sendPage(reply, page);
  });
}

const pathOf = (request: FastifyRequest): string => (request.params as Record<string, string>)['*'] ?? '';

/** No page of the UI has an extension: a program that asks for /llms.txt must not take the page for its answer. */
const isOfFiles = (path: string): boolean =>
  path.startsWith('api/') || path.startsWith(HASHED) || /\.[a-z0-9]{1,8}$/i.test(path);

function wantsPage(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '*/*';
  return accept.includes('text/html') || accept.includes('*/*');
}

function sendFile(reply: FastifyReply, path: string): FastifyReply {
  const isHashed = path.startsWith(HASHED);
  void reply.header('cache-control', isHashed ? `public, max-age=${YEAR_MS / 1000}, immutable` : 'no-cache');
  return reply.sendFile(path);
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const html = page.includes(NONCE_PLACEHOLDER)
    ? page.replaceAll(NONCE_PLACEHOLDER, nonce)
    : page.replace(/<head[^>]*>/i, (head) => `${head}<meta name="csp-nonce" content="${nonce}">`);
  return reply
    .headers({ 'content-security-policy': pageCsp(nonce), 'cache-control': 'no-cache' })
    .type('text/html; charset=utf-8')
    .send(html);
}

async function filesIn(folder: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return new Set(paths.filter((path) => !/\.(?:br|gz)$/.test(path)));
}
