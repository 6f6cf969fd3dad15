// Where an API token may be used from, asked over real sockets in both families.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ApiTokens } from '../../../src/access/index.js';
import { AuditTrail } from '../../../src/audit/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import { expectProblem } from '../bad-input/problem.js';
import { callWithToken } from './from-address.js';
import {
  HttpClient,
  makeUser,
  startPrimary,
  startReplica,
  type Credentials,
  type WholeServer,
} from './whole-server.js';

const trustedProxy = '127.0.0.3';
const refused = { status: 403, code: 'token_address_refused' };

interface Made {
  id: string;
  token: string;
  allowedNetworks: string[] | null;
}

/** of IPv4 alone, as it is unless set otherwise */
let plain: WholeServer;
/** of IPv4 and IPv6 on one socket, where an IPv4 caller arrives as ::ffff:127.0.0.1; behind a proxy */
let dual: WholeServer;
let person: Credentials;
let browser: HttpClient;

beforeAll(async () => {
  plain = await startPrimary();
  dual = await startPrimary({ HOLDFAST_HTTP_HOST: '::', HOLDFAST_HTTP_TRUSTED_PROXIES: trustedProxy });
  person = await makeUser(plain, 'administrator');
  browser = await HttpClient.signedIn(plain, person);
});
afterAll(async () => {
  await plain.stop();
  await dual.stop();
});

const post = (allowedNetworks: unknown) =>
  browser.call('/api/v1/api-tokens', {
    method: 'POST',
    body: { name: 'limited', scopes: ['read'], allowedNetworks },
  });
async function make(allowedNetworks?: readonly string[] | null): Promise<Made> {
  const answer = await post(allowedNetworks);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json as Made;
}
async function makeOnDual(allowedNetworks: readonly string[]): Promise<string> {
  const { id: userId } = await makeUser(dual, 'administrator');
  const input = { userId, name: 'limited', scopes: ['read'], allowedNetworks } as const;
  return (await dual.app.get(ApiTokens, { strict: false }).create(systemContext('test'), input)).token;
}
async function lastUse(id: string): Promise<Date | null> {
  const { rows } = await plain.database.admin.query<{ at: Date | null }>(
    'SELECT last_used_at AS at FROM access.api_token WHERE id = $1',
    [id],
  );
  return rows[0]?.at ?? null;
}

describe('a token that is limited to networks', () => {
  it('is good from there and from nowhere else, and only a use that was let in counts as one', async () => {
    const { id, token } = await make(['127.0.0.2', '192.0.2.0/24']);
    expect(await callWithToken(plain, '/accounts', { token, from: '127.0.0.1' })).toEqual(refused);
    expect(await lastUse(id)).toBeNull();
    expect(await callWithToken(plain, '/accounts', { token, from: '127.0.0.2' })).toMatchObject({
      status: 200,
    });
    expect(await lastUse(id)).toBeInstanceOf(Date);
    const lines = plain.logLines.filter((line) => line.includes('token_address_refused'));
    expect(lines.length).toBeGreaterThan(0);
    expect(plain.logLines.join('')).not.toContain(token);
  });

  it('takes networks by their prefix', async () => {
    const { token } = await make(['127.0.4.0/22']);
    const status = async (from: string) => (await callWithToken(plain, '/accounts', { token, from })).status;
    expect(await status('127.0.4.0')).toBe(200);
    expect(await status('127.0.7.255')).toBe(200);
    expect(await status('127.0.3.255')).toBe(403);
    expect(await status('127.0.8.0')).toBe(403);
  });

  it('knows an IPv4 caller on a socket of both families, and keeps the families apart', async () => {
    const [four, six] = [await makeOnDual(['127.0.0.2']), await makeOnDual(['::1'])];
    const every = await makeOnDual(['::/0']);
    const status = async (token: string, from: string) =>
      (await callWithToken(dual, '/accounts', { token, from })).status;
    expect(await status(four, '127.0.0.2')).toBe(200);
    expect(await status(four, '127.0.0.1')).toBe(403);
    expect(await status(four, '::1')).toBe(403);
    expect(await status(six, '::1')).toBe(200);
    expect(await status(six, '127.0.0.2')).toBe(403);
    expect(await status(every, '::1')).toBe(200);
    expect(await status(every, '127.0.0.2')).toBe(403);
  });

  it('believes no header about the address, save that of a trusted proxy', async () => {
    const { token } = await make(['192.0.2.0/24']);
    const forwarded = (addresses: string) => ({ 'x-forwarded-for': addresses, 'x-real-ip': addresses });
    const headers = forwarded('192.0.2.9');
    expect(await callWithToken(plain, '/accounts', { token, headers })).toEqual(refused);
    const behind = await makeOnDual(['192.0.2.0/24']);
    const status = async (from: string, addresses: string) =>
      (await callWithToken(dual, '/accounts', { token: behind, from, headers: forwarded(addresses) })).status;
    expect(await status(trustedProxy, '192.0.2.9')).toBe(200);
    expect(await status(trustedProxy, '198.51.100.7')).toBe(403);
    // what the caller wrote himself stands before what the proxy saw
    expect(await status(trustedProxy, '192.0.2.9, 198.51.100.7')).toBe(403);
    expect(await status(trustedProxy, 'unknown')).toBe(403);
    expect(await status('127.0.0.2', '192.0.2.9')).toBe(403);
  });

  it('is limited on a replica too', async () => {
    const replica = await startReplica();
    try {
      const input = { userId: null, name: 'r', scopes: ['read'], roles: ['replica-reader'] } as const;
      const made = await plain.app
        .get(ApiTokens, { strict: false })
        .create(systemContext('test'), { ...input, allowedNetworks: ['127.0.0.2'] });
      const { rows } = await plain.database.admin.query<{ row: string }>(
        'SELECT row_to_json(t)::text AS row FROM access.api_token t WHERE id = $1',
        [made.summary.id],
      );
      await replica.database.admin.query(
        'INSERT INTO access.api_token SELECT * FROM json_populate_record(NULL::access.api_token, $1)',
        [rows[0]?.row],
      );
      const { token } = made;
      expect(await callWithToken(replica, '/types', { token, from: '127.0.0.1' })).toEqual(refused);
      expect((await callWithToken(replica, '/types', { token, from: '127.0.0.2' })).status).toBe(200);
    } finally {
      await replica.stop();
    }
  });
});

describe('making a token with networks', () => {
  it('answers them, lists them and writes them into the audit', async () => {
    const networks = ['192.0.2.0/24', '2001:db8::/32', '::1'];
    const { id, allowedNetworks } = await make(networks);
    expect(allowedNetworks).toEqual(networks);
    const list = (await browser.call('/api/v1/api-tokens?limit=200')).json as { data: Made[] };
    expect(list.data.find((token) => token.id === id)?.allowedNetworks).toEqual(networks);
    const [entry] = await plain.app
      .get(AuditTrail, { strict: false })
      .history(plain.app.get(DataSource, { strict: false }), 'apiToken', id, { limit: 1 });
    expect(entry).toMatchObject({ action: 'token-created', after: { allowedNetworks: networks } });
  });

  it('leaves it open to every address where none are named', async () => {
    for (const none of [undefined, null]) {
      const { token, allowedNetworks } = await make(none);
      expect(allowedNetworks).toBeNull();
      expect((await callWithToken(plain, '/accounts', { token, from: '127.9.9.9' })).status).toBe(200);
    }
  });

  it.each<[string, unknown, string]>([
    ['a text', '192.0.2.0/24', 'allowedNetworks'],
    ['an empty list', [], 'allowedNetworks'],
    ['a number', [5], 'allowedNetworks'],
    ['a list in the list', [['192.0.2.0/24']], 'allowedNetworks'],
    ['more than fifty', Array(51).fill('192.0.2.1'), 'allowedNetworks'],
    ['a name', ['192.0.2.0/24', 'office'], 'allowedNetworks[1]'],
    ['a prefix that is too long', ['192.0.2.0/33'], 'allowedNetworks[0]'],
    ['a zone', ['fe80::1%eth0'], 'allowedNetworks[0]'],
    ['an empty text', ['', '192.0.2.1'], 'allowedNetworks[0]'],
  ])('refuses %s by its name and makes nothing', async (_, networks, path) => {
    const count = async () =>
      (await plain.database.admin.query('SELECT FROM access.api_token')).rowCount ?? 0;
    const before = await count();
    expectProblem(await post(networks), 400, path);
    expect(await count()).toBe(before);
  });

  it('stands in the API document', async () => {
    const { components } = (await browser.call('/api/openapi.json')).json as {
      components: { schemas: Record<string, { properties: object }> };
    };
    const list = { type: ['array', 'null'], items: { type: 'string' } };
    expect(components.schemas['NewApiTokenBody']?.properties).toMatchObject({ allowedNetworks: list });
    expect(components.schemas['NewApiTokenDto']?.properties).toMatchObject({ allowedNetworks: list });
  });
});
