// Policies that nobody should propose, and bytes that nobody should send.
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';
import { expectProblem, inside } from './problem.js';

let server: WholeServer;
let admin: HttpClient;

beforeAll(async () => {
  server = await startPrimary();
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
});
afterAll(() => server.stop());

describe('a policy', () => {
  interface Check {
    ok: boolean;
    errors: { line: number; path: string; message: string; suggestion: string | null }[];
  }
  it.each([
    ['type', 'version: 1\ntypes:\n  acount: {}\n', 3, 'account'],
    ['field', 'version: 1\ntypes:\n  account:\n    fields:\n      revenu: omit\n', 5, 'revenue'],
    [
      'filter field',
      'version: 1\ntypes:\n  account:\n    where: { field: sectr, op: eq, value: x }\n',
      4,
      'sector',
    ],
    [
      'operator',
      'version: 1\ntypes:\n  account:\n    where: { field: sector, op: equ, value: x }\n',
      4,
      'eq',
    ],
    ['treatment', 'version: 1\ntypes:\n  account:\n    fields:\n      revenue: omitt\n', 5, 'omit'],
    ['key', 'version: 1\ntypes:\n  account:\n    follow: account\n', 4, 'follows'],
  ])('with an unknown %s is refused with line and suggestion', async (_what, yaml, line, suggestion) => {
    const answer = await admin.call('/api/v1/cloud/policy/check', { method: 'POST', body: { yaml } });
    expect(answer.status).toBe(200);
    const { ok, errors } = answer.json as Check;
    expect(ok).toBe(false);
    expect(errors).toContainEqual(expect.objectContaining({ line, suggestion }));
    const proposal = await admin.call('/api/v1/cloud/policy/propose', {
      method: 'POST',
      body: { yaml, reason: 'x' },
    });
    expectProblem(proposal, 400);
  });

  it.each([
    '',
    ' ',
    '\u0000',
    '[]',
    '5',
    '&a [*a]',
    'a: &a [x]\nb: [*a,*a]',
    '!!js/function x',
    '? {a: b} : c',
    '---\n---\n',
  ])('that is %j is refused and breaks nothing', async (yaml) => {
    const answer = await admin.call('/api/v1/cloud/policy/check', { method: 'POST', body: { yaml } });
    expect([200, 400]).toContain(answer.status);
    if (answer.status === 200) expect((answer.json as Check).ok).toBe(false);
    expect(answer.text).not.toMatch(inside);
  });

  it('that is a billion laughs is refused at once', async () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i += 1)
      lines.push(
        `a${String(i)}: &a${String(i)} [${Array.from({ length: 10 }, () => `*a${String(i - 1)}`).join(',')}]`,
      );
    const startedAt = Date.now();
    const answer = await admin.call('/api/v1/cloud/policy/check', {
      method: 'POST',
      body: { yaml: lines.join('\n') },
    });
    expect(answer.status).toBeLessThan(500);
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });
});

describe('bytes that are no HTTP', () => {
  const exchange = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => (answer += chunk.toString()));
      socket.on('close', () => {
        resolve(answer);
      });
      socket.on('error', () => undefined);
    });
  it.each([
    [
      'two lengths',
      'POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    [
      'a length and chunks',
      'POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no host', 'GET /api/v1/me HTTP/1.1\r\n\r\n'],
    ['a broken header', 'GET /api/v1/me HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n'],
  ])('with %s end in 400', async (_what, text) => {
    expect(await exchange(text)).toMatch(/^HTTP\/1.1 400/);
  });
});
