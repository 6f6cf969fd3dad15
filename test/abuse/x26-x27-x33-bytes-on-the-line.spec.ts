// Bytes that should never be a request, sent to the whole server over its own sockets.
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newImport } from '../integration/access/api-matrix.expectations.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';
import { expectProblem, type Problem } from '../integration/bad-input/problem.js';
import { rawExchange } from '../integration/platform/http-server.js';
import { waitFor } from '../support/index.js';

const maxBytes = 300_000;
const deep = (open: string, close: string) => `${open.repeat(50_000)}1${close.repeat(50_000)}`;

describe('bytes on the line', () => {
  let server: WholeServer;
  let admin: HttpClient;
  let account: string;
  let table: string;
  let lines: string;

  beforeAll(async () => {
    server = await startPrimary({
      HOLDFAST_FILES_MAX_BYTES: String(maxBytes),
      HOLDFAST_HTTP_LIMITS_IMPORT_BYTES: String(maxBytes),
      HOLDFAST_HTTP_LIMITS_HEADERS_TIMEOUT_MS: '1000',
      HOLDFAST_HTTP_LIMITS_REQUEST_TIMEOUT_MS: '1500',
    });
    admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
    const made = await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Acme' } });
    account = (made.json as { id: string }).id;
    const started = await admin.call('/api/v1/imports', { method: 'POST', body: newImport });
    table = (started.json as { id: string }).id;
    const signed = Object.entries({ host: 'x', ...admin.credentials() });
    lines = signed.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  });
  afterAll(() => server.stop());

  const accounts = async (): Promise<number> =>
    (await server.database.admin.query('SELECT 1 FROM crm.account')).rowCount ?? 0;
  const files = async (): Promise<string[]> =>
    (await readdir(join(server.folder, 'files'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();

  /** A chunked upload that goes on until the server ends it. */
  const endless = (method: string, path: string, type: string): Promise<{ answer: string; sent: number }> =>
    new Promise((resolve) => {
      const socket = connect(server.port, '127.0.0.1');
      let [answer, sent] = ['', 0];
      const chunk = `${(50_000).toString(16)}\r\n${'a;b\n'.repeat(12_500)}\r\n`;
      const more = (): void => {
        if (socket.destroyed || sent > 100 * maxBytes) return;
        sent += chunk.length;
        socket.write(chunk, () => setTimeout(more, 5));
      };
      socket.on('data', (bytes) => (answer += bytes.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        resolve({ answer, sent });
      });
      socket.write(
        `${method} /api/v1${path} HTTP/1.1\r\n${lines}Content-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      more();
    });

  it.each<[string, string, () => string, string]>([
    ['body', 'POST', () => '/accounts', 'application/json'],
    [
      'attachment',
      'POST',
      () => `/accounts/${account}/attachments?name=endless.bin`,
      'application/octet-stream',
    ],
    ['import', 'PUT', () => `/imports/${table}/file`, 'text/csv'],
  ])('X26 ends an endless %s, and leaves no file of it', async (_what, method, path, type) => {
    const [before, rows] = [await files(), await accounts()];
    const { answer, sent } = await endless(method, path(), type);
    expect(answer).toMatch(/^(HTTP\/1\.1 413 |$)/);
    // what the system buffers on the way goes on top of what the server takes
    expect(sent).toBeLessThan(60 * maxBytes);
    await waitFor(async () => (await files()).length === before.length);
    expect(await files()).toEqual(before);
    expect(await accounts()).toBe(rows);
  });

  it('X26 refuses what says that it is too large before it comes', async () => {
    for (const [path, type] of [
      ['/accounts', 'application/json'],
      [`/accounts/${account}/attachments?name=large.bin`, 'application/octet-stream'],
    ])
      expect(
        await rawExchange(server.port, [
          `POST /api/v1${path ?? ''} HTTP/1.1\r\n${lines}Content-Type: ${type ?? ''}\r\nContent-Length: 99999999999\r\n\r\n`,
        ]),
      ).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('X26 hangs up on headers, bodies and uploads that come a byte at a time', async () => {
    const before = await files();
    const slow = (head: string, body: string) =>
      rawExchange(server.port, [head, ...Array.from(body.repeat(10))], 150);
    const head = (path: string, type: string) =>
      `POST /api/v1${path} HTTP/1.1\r\n${lines}Content-Type: ${type}\r\nContent-Length: 9999\r\n\r\n`;
    const answers = await Promise.all([
      slow('GET / HTTP/1.1\r\n', 'Host: a-slow-one'),
      slow(head('/accounts', 'application/json'), '{"name":"slow"}'),
      slow(head(`/accounts/${account}/attachments?name=slow.bin`, 'application/octet-stream'), 'a slow file'),
    ]);
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 .*request_timeout/s);
    await waitFor(async () => (await files()).length === before.length);
    expect(await files()).toEqual(before);
  });

  it.each([
    ['arrays', `{"name":${deep('[', ']')}}`, /^name\[0\]/],
    ['objects', `{"custom":${deep('{"a":', '}')}}`, /^custom\.a/],
  ])('X27 refuses 50,000 %s in one another with the path', async (_what, body, path) => {
    const answer = await admin.call('/api/v1/accounts', { method: 'POST', body });
    expectProblem(answer, 400);
    expect((answer.json as Problem).errors?.[0]?.path).toMatch(path);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('X27 refuses a parameter given twice, however it is written, on every kind of route', async () => {
    expectProblem(await admin.call('/api/v1/accounts?limit=1&limit=2'), 400, 'limit');
    expectProblem(await admin.call('/api/v1/accounts?limit=1&lim%69t=2'), 400, 'limit');
    expectProblem(await admin.call('/api/v1/search?q=a&q=b'), 400, 'q');
    expectProblem(await admin.call(`/api/v1/accounts/${account}?x=1&x=1`), 400, 'x');
    const upload = `/api/v1/accounts/${account}/attachments?name=a&name=b`;
    expectProblem(await admin.call(upload, { method: 'POST', body: 'x' }), 400, 'name');
  });

  const get = 'GET /api/v1/auth/session HTTP/1.1\r\nHost: x\r\n\r\n';
  const post = (headers: string, body: string) =>
    `POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
  it.each([
    ['a length and chunks', post('Content-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${get}`)],
    ['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${get}`)],
    ['two lengths', post('Content-Length: 0\r\nContent-Length: 44', get)],
    ['a list of lengths', post('Content-Length: 0, 44', get)],
    ['a length with a sign', post('Content-Length: +0', get)],
    ['a length in hex', post('Content-Length: 0x0', get)],
    ['a blank before the colon', post('Content-Length : 0', get)],
    ['a folded header', post('X: y\r\n Content-Length: 0', get)],
    ['an unknown coding', post('Transfer-Encoding: xchunked', `0\r\n\r\n${get}`)],
    ['a coding after chunked', post('Transfer-Encoding: chunked, identity', `0\r\n\r\n${get}`)],
    ['a tab before chunked', post('Transfer-Encoding:\u000bchunked', `0\r\n\r\n${get}`)],
    ['a broken chunk', post('Transfer-Encoding: chunked', `0x0\r\n\r\n${get}`)],
    ['a chunk size too large', post('Transfer-Encoding: chunked', `fffffffffffffffff\r\n${get}`)],
    ['bare line feeds', post('Transfer-Encoding: chunked', `0\n\n${get}`)],
    ['a line feed in a header', `GET / HTTP/1.1\r\nHost: x\r\nX: y\nContent-Length: 44\r\n\r\n${get}`],
    ['no host', 'GET /api/v1/auth/session HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET /api/v1/auth/session HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
  ])('X33 takes %s for no request, and nothing behind it for another', async (_what, bytes) => {
    const answer = await rawExchange(server.port, [bytes.replace(get, get + get)]);
    expect(answer).not.toContain('{"me":null}');
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  });
});
