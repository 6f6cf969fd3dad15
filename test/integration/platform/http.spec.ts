import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { NotFound, StaleVersion } from '../../../src/platform/errors/index.js';
import { HealthModule, HealthRegistry } from '../../../src/platform/health/index.js';
import { Ctx, ImportBody, parseBoundedJson, type RequestContext } from '../../../src/platform/http/index.js';
import { currentRequestId } from '../../../src/platform/logging/index.js';
import { rawExchange, startServer, type RunningServer } from './http-server.js';

class Order {
  @IsInt()
  amount!: number;
}

@Controller('api/v1/things')
class ThingsController {
  @Get('secret')
  mine(@Ctx() ctx: RequestContext): string {
    return ctx.principal.name;
  }
  @Get('crash')
  crash(): never {
    const error = new Error('SELECT password FROM crm.user');
    throw Object.assign(error, { query: 'SELECT 1', parameters: ['s3cret'] });
  }
  @Get('down')
  down(): never {
    throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  }
  @Get('stale')
  stale(): never {
    throw new StaleVersion({ id: 'x', version: 2 });
  }
  @Get('scope')
  async scope(): Promise<{ id: string | undefined }> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { id: currentRequestId() };
  }
  @Get('search')
  search(@Query('filter') filter: string): unknown {
    return parseBoundedJson(filter, 10, 'filter');
  }
  @Get(':id')
  one(@Param('id') id: string): unknown {
    if (id === 'none') throw new NotFound();
    return { id };
  }
  @Post()
  make(@Body() body: unknown): unknown {
    return { body, id: currentRequestId() };
  }
  @Post('orders')
  order(@Body() order: Order): Order {
    return order;
  }
  @Post('upload')
  @ImportBody()
  async upload(@Body() file: Readable): Promise<{ bytes: number }> {
    let bytes = 0;
    for await (const chunk of file) bytes += (chunk as Buffer).length;
    return { bytes };
  }
}

let databaseIsUp = true;
@Module({ imports: [HealthModule], controllers: [ThingsController] })
class ThingsModule {
  constructor(health: HealthRegistry) {
    health.register('database', () =>
      databaseIsUp
        ? Promise.resolve()
        : Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
    );
    health.register('bucket', () => Promise.reject(new Error('gone')), { required: false });
  }
}

let server: RunningServer;
let web: string;
beforeAll(async () => {
  web = mkdtempSync(join(tmpdir(), 'holdfast-web-'));
  mkdirSync(join(web, 'assets'));
  writeFileSync(join(web, 'index.html'), '<html><head></head><script nonce="__CSP_NONCE__"></script></html>');
  writeFileSync(join(web, 'assets/app-abc123.js'), 'console.log(1)');
  writeFileSync(join(web, 'assets/app-abc123.js.br'), brotliCompressSync('console.log(1)'));
  server = await startServer(ThingsModule, {
    HOLDFAST_WEB_FOLDER: web,
    HOLDFAST_HTTP_LIMITS_BODY_BYTES: '200000',
    HOLDFAST_HTTP_LIMITS_IMPORT_BYTES: '400000',
    HOLDFAST_HTTP_LIMITS_HEADERS_TIMEOUT_MS: '400',
    HOLDFAST_HTTP_LIMITS_REQUEST_TIMEOUT_MS: '900',
    HOLDFAST_HTTP_LIMITS_HEADER_COUNT: '30',
  });
});
afterAll(async () => {
  await server.close();
  rmSync(web, { recursive: true });
});

const post = (path: string, body: string, type = 'application/json'): Promise<Response> =>
  fetch(server.url + path, { method: 'POST', body, headers: { 'content-type': type } });
async function problem(response: Response | Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response;
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body['status']).toBe(answer.status);
  expect(body['requestId']).toBe(answer.headers.get('x-request-id'));
  return body;
}

describe('a problem document', () => {
  it('answers for the errors of Nest and Fastify too', async () => {
    const get = (path: string): Promise<Response> => fetch(server.url + path);
    expect(await problem(get('/api/v1/nothing'))).toMatchObject({ status: 404, code: 'not_found' });
    expect(await problem(get('/api/v1/things/none'))).toMatchObject({ status: 404, code: 'not_found' });
    expect(await problem(get('/api/v1/things/%ff'))).toMatchObject({ status: 400 });
    expect(await problem(get(`/api/v1/things/${'a'.repeat(201)}`))).toMatchObject({ status: 404 });
    expect(await problem(get('/api/v1/things/secret'))).toMatchObject({
      status: 401,
      code: 'not_authenticated',
    });
    expect(await problem(post('/api/v1/nothing', '{}'))).toMatchObject({ status: 404 });
    expect(await problem(post('/api/v1/things', 'a=1', 'application/x-www-form-urlencoded'))).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    });
    expect(await problem(post('/api/v1/things', '{"a":'))).toMatchObject({
      status: 400,
      code: 'invalid_input',
    });
  });

  it('tells nothing about a crash, and logs it without statement and parameters', async () => {
    const body = await problem(fetch(`${server.url}/api/v1/things/crash`));
    expect(body).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(body)).not.toMatch(/SELECT|s3cret|\.ts/);
    const line = server.lines.find(
      (l) => l['requestId'] === body['requestId'] && l['event'] === 'http.problem',
    );
    expect(line).toMatchObject({ level: 'error', code: 'internal_error' });
    expect(JSON.stringify(line)).not.toContain('s3cret');
  });

  it('says 503 when a dependency does not answer, and 412 with the current record', async () => {
    expect(await problem(fetch(`${server.url}/api/v1/things/down`))).toMatchObject({ status: 503 });
    expect(await problem(fetch(`${server.url}/api/v1/things/stale`))).toMatchObject({
      status: 412,
      current: { version: 2 },
    });
  });

  it('names unknown and wrong members of a declared body', async () => {
    expect(await problem(post('/api/v1/things/orders', '{"amount":"x","owner":1}'))).toMatchObject({
      code: 'invalid_input',
      errors: [{ path: 'owner' }, { path: 'amount' }],
    });
  });
});

describe('hostile input', () => {
  it('refuses 50,000 levels of JSON with the path, in body and query', async () => {
    const deep = (open: string, close: string): string => open.repeat(50_000) + close.repeat(50_000);
    const arrays = await problem(post('/api/v1/things', `{"a":[1,${deep('[', ']')}]}`));
    expect(arrays).toMatchObject({ status: 400, code: 'invalid_input' });
    expect((arrays['errors'] as { path: string }[])[0]?.path).toMatch(/^a\[1\](\[0\])+/);
    const objects = await problem(
      post('/api/v1/things', deep('{"b":', '}').replace('{"b":}', '{"b":{}}').slice(0, 199_000)),
    );
    expect((objects['errors'] as { path: string }[])[0]?.path).toMatch(/^b(\.b)+/);
    const filter = encodeURIComponent('{"not":'.repeat(11) + '1' + '}'.repeat(11));
    const inQuery = await problem(fetch(`${server.url}/api/v1/things/search?filter=${filter}`));
    expect((inQuery['errors'] as { path: string }[])[0]?.path).toMatch(/^filter\.not(\.not)+$/);
  });

  it('takes brackets inside strings for text', async () => {
    const answer = await post('/api/v1/things', JSON.stringify({ note: `\\"${'['.repeat(500)}` }));
    expect(answer.status).toBe(201);
  });

  it.each(['{"__proto__":{"isAdmin":true}}', '{"a":{"constructor":{"prototype":{"x":1}}}}'])(
    'refuses to poison a prototype with %s',
    async (body) => {
      expect(await problem(post('/api/v1/things', body))).toMatchObject({ status: 400 });
    },
  );

  it('refuses a parameter given twice', async () => {
    expect(await problem(fetch(`${server.url}/api/v1/things/x?limit=1&limit=2`))).toMatchObject({
      status: 400,
      errors: [{ path: 'limit', message: 'must be given once' }],
    });
    expect(await problem(fetch(`${server.url}/api/v1/things/x?a=1&%61=2`))).toMatchObject({ status: 400 });
  });

  it('refuses a body over the limit, told or not', async () => {
    const big = JSON.stringify('x'.repeat(200_001));
    expect(await problem(post('/api/v1/things', big))).toMatchObject({ status: 413, code: 'too_large' });
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(50_000).fill(32));
      },
    });
    const endless = await fetch(`${server.url}/api/v1/things`, {
      method: 'POST',
      body: stream,
      headers: { 'content-type': 'application/json' },
      duplex: 'half',
    }).catch(() => null);
    if (endless) expect(endless.status).toBe(413);
  });

  it('lets only imports have more, and as a stream', async () => {
    const text = 'a;b\n'.repeat(75_000);
    expect(await (await post('/api/v1/things/upload', text, 'text/csv')).json()).toEqual({ bytes: 300_000 });
    expect(await problem(post('/api/v1/things/upload', text + text, 'text/csv'))).toMatchObject({
      status: 413,
    });
  });

  it('hangs up on slow headers and on slow bodies', async () => {
    const slowHeaders = rawExchange(
      server.port,
      ['GET / HTTP/1.1\r\n', ...Array.from('Host: a-slow-one')],
      100,
    );
    const head =
      'POST /api/v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n';
    const slowBody = rawExchange(server.port, [head, ...Array.from('["a slow one, a byte at a time"')], 100);
    expect(await slowHeaders).toMatch(/^HTTP\/1\.1 408 .*request_timeout/s);
    expect(await slowBody).toMatch(/^HTTP\/1\.1 408 .*request_timeout/s);
  });

  it.each([
    ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['many headers', `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'X: 1\r\n'.repeat(40)}\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na', 400],
    [
      'smuggling',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
      400,
    ],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ])('refuses %s', async (_what, bytes, status) => {
    const answer = await rawExchange(server.port, [bytes]);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});

describe('a request', () => {
  it('keeps its own id through await, logs it once, and believes no stranger', async () => {
    const answer = await fetch(`${server.url}/api/v1/things/scope?q=secret-word`, {
      headers: {
        'x-request-id': 'forged-request',
        'x-forwarded-for': '1.2.3.4',
        authorization: 'Bearer abc',
      },
    });
    const id = answer.headers.get('x-request-id');
    expect(id).not.toBe('forged-request');
    expect(await answer.json()).toEqual({ id });
    const lines = server.lines.filter((line) => line['requestId'] === id);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ event: 'http.request', route: '/api/v1/things/scope', status: 200 });
    expect(JSON.stringify(server.lines)).not.toContain('secret-word');
  });

  it('keeps its id behind a body', async () => {
    const answer = await post('/api/v1/things', '{"a":1}');
    expect(await answer.json()).toEqual({ body: { a: 1 }, id: answer.headers.get('x-request-id') });
  });

  it('gets the headers that keep a browser out of trouble', async () => {
    const { headers } = await fetch(`${server.url}/api/v1/things/x`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('strict-transport-security')).toBeNull();
  });
});

describe('the web UI', () => {
  it('gets a fresh nonce at each load, in page and policy alike', async () => {
    const nonces = new Set<string>();
    for (const path of ['/', '/deals/42']) {
      const answer = await fetch(server.url + path, { headers: { accept: 'text/html' } });
      const nonce = /nonce="([^"]+)"/.exec(await answer.text())?.[1] ?? '';
      expect(answer.headers.get('content-security-policy')).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(answer.headers.get('content-security-policy')).not.toContain('unsafe-inline');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(2);
  });

  it('comes compressed and stays cached where the name holds a hash', async () => {
    const answer = await fetch(`${server.url}/assets/app-abc123.js`, {
      headers: { 'accept-encoding': 'br' },
    });
    expect([answer.headers.get('content-encoding'), answer.headers.get('cache-control')]).toEqual([
      'br',
      'public, max-age=31536000, immutable',
    ]);
    expect(await answer.text()).toBe('console.log(1)');
  });

  it('is no answer to who asks for a file, whatever they accept', async () => {
    for (const path of ['/llms.txt', '/.well-known/ai-catalog.json', '/favicon-16.png']) {
      const answer = await fetch(server.url + path, { headers: { accept: 'text/html, */*' } });
      expect([path, answer.status]).toEqual([path, 404]);
    }
  });

  it('does not stand in for a missing file or a missing route', async () => {
    for (const path of [
      '/assets/gone.js',
      '/api/v1/gone',
      '/../package.json',
      '/assets/%2e%2e/%2e%2e/etc/passwd',
    ]) {
      const answer = await rawExchange(server.port, [
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: application/json\r\n\r\n`,
      ]);
      expect([path, answer.slice(0, 12)]).toEqual([path, 'HTTP/1.1 404']);
    }
  });
});

describe('health', () => {
  it('is alive without its dependencies, and ready only with the required ones', async () => {
    expect(await (await fetch(`${server.url}/readyz`)).json()).toMatchObject({
      status: 'ready',
      checks: { database: { status: 'up' }, bucket: { status: 'down', required: false, lastError: 'Error' } },
    });
    databaseIsUp = false;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const answer = await fetch(`${server.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      checks: { database: { status: 'down', lastError: 'ECONNREFUSED' } },
    });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('measures requests by route template', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toContain(
      'holdfast_http_request_duration_seconds_count{method="GET",route="/api/v1/things/:id"',
    );
    expect(text).toContain('holdfast_dependency_up{check="database"}');
    expect(text).not.toContain('deals/42');
  });
});

describe('behind a trusted proxy with https', () => {
  it('takes its request id and sends HSTS', async () => {
    const proxied = await startServer(ThingsModule, {
      HOLDFAST_HTTP_TRUSTED_PROXIES: '127.0.0.0/8',
      HOLDFAST_HTTP_PUBLIC_URL: 'https://crm.example',
      HOLDFAST_METRICS_TOKEN: 'a-long-enough-token',
    });
    try {
      const { headers } = await fetch(`${proxied.url}/healthz`, {
        headers: { 'x-request-id': 'from-the-proxy' },
      });
      expect(headers.get('x-request-id')).toBe('from-the-proxy');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect((await fetch(`${proxied.url}/metrics`)).status).toBe(404);
      const bearer = { headers: { authorization: 'Bearer a-long-enough-token' } };
      expect((await fetch(`${proxied.url}/metrics`, bearer)).status).toBe(200);
    } finally {
      await proxied.close();
    }
  });
});
