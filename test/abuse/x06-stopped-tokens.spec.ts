// API tokens that have ended, are used from elsewhere, or try to leave others behind: over real HTTP.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiTokens, type NewApiToken } from '../../src/access/index.js';
import { systemContext } from '../../src/platform/http/index.js';
import { callWithToken, type TokenAnswer } from '../integration/access/from-address.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../integration/access/whole-server.js';

const stopped = { status: 401, code: 'not_authenticated' };
const longAgo = '2026-01-01T00:00:00.000Z';

interface Token {
  id: string;
  userId: string;
  token: string;
}

let server: WholeServer;
let admin: HttpClient;

beforeAll(async () => {
  server = await startPrimary();
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
});
afterAll(() => server.stop());

async function tokenOf(role: string, more: Partial<NewApiToken> = {}): Promise<Token> {
  const { id: userId } = await makeUser(server, role);
  const input = { userId, name: 'script', scopes: ['read', 'write', 'admin'], ...more } as const;
  const { token, summary } = await server.app
    .get(ApiTokens, { strict: false })
    .create(systemContext('test'), input);
  return { id: summary.id, userId, token };
}

const read = ({ token }: Token, from?: string): Promise<TokenAnswer> =>
  callWithToken(server, '/accounts', { token, ...(from === undefined ? {} : { from }) });
const write = ({ token }: Token): Promise<TokenAnswer> =>
  callWithToken(server, '/accounts', { token, method: 'POST', body: { name: 'Written with a token' } });
const count = async (table: string): Promise<number> =>
  (await server.database.admin.query(`SELECT FROM ${table}`)).rowCount ?? 0;

/** Whatever is asked gets the same answer, changes no record, and is no use of the token. */
async function expectRefused(token: Token, answer: TokenAnswer): Promise<void> {
  await server.database.admin.query('UPDATE access.api_token SET last_used_at = $2 WHERE id = $1', [
    token.id,
    longAgo,
  ]);
  const before = await count('crm.account');
  expect([await read(token), await write(token)]).toEqual([answer, answer]);
  expect(await count('crm.account')).toBe(before);
  const { rows } = await server.database.admin.query<{ at: Date }>(
    'SELECT last_used_at AS at FROM access.api_token WHERE id = $1',
    [token.id],
  );
  expect(rows[0]?.at.toISOString()).toBe(longAgo);
}

async function expectGood(token: Token): Promise<void> {
  expect([(await read(token)).status, (await write(token)).status]).toEqual([200, 201]);
}

/** A person as the administrator sees and changes them. */
async function changeUser(id: string, method: 'PATCH' | 'DELETE', body?: object): Promise<void> {
  const { headers } = await admin.call(`/api/v1/users/${id}`);
  const answer = await admin.call(`/api/v1/users/${id}`, {
    method,
    headers: { 'if-match': headers.get('etag') ?? '' },
    ...(body === undefined ? {} : { body }),
  });
  if (answer.status >= 300) throw new Error(answer.text);
}

describe('an API token', () => {
  it('X06 ends at once when it is revoked', async () => {
    const token = await tokenOf('administrator');
    await expectGood(token);
    const revoked = await admin.call(`/api/v1/api-tokens/${token.id}`, { method: 'DELETE' });
    expect(revoked.status).toBe(204);
    await expectRefused(token, stopped);
  });

  it('X06 ends at once when it expires', async () => {
    const expiresAt = new Date(Date.now() + 3000);
    const token = await tokenOf('administrator', { expiresAt });
    await expectGood(token);
    await sleep(expiresAt.getTime() - Date.now() + 50);
    await expectRefused(token, stopped);
  });

  it('X06 ends at once when its owner is disabled or deleted', async () => {
    const [disabled, deleted] = [await tokenOf('administrator'), await tokenOf('administrator')];
    for (const token of [disabled, deleted]) await expectGood(token);
    await changeUser(disabled.userId, 'PATCH', { active: false });
    await changeUser(deleted.userId, 'DELETE');
    for (const token of [disabled, deleted]) await expectRefused(token, stopped);
  });

  it('X06 may do no more than its owner may at this moment', async () => {
    const token = await tokenOf('administrator');
    await expectGood(token);
    const path = `/api/v1/users/${token.userId}/roles`;
    expect((await admin.call(path, { method: 'PUT', body: { roles: ['readonly'] } })).status).toBe(200);
    expect([(await read(token)).status, (await write(token)).status]).toEqual([200, 403]);
  });

  it('X06 is good for nothing from another network', async () => {
    const token = await tokenOf('administrator', { allowedNetworks: ['127.0.0.2'] });
    expect((await read(token, '127.0.0.2')).status).toBe(200);
    await expectRefused(token, { status: 403, code: 'token_address_refused' });
  });

  it('X06 leaves no other token behind, neither for its owner nor for anybody else', async () => {
    const token = await tokenOf('administrator', { expiresAt: new Date(Date.now() + 60_000) });
    await expectGood(token);
    const { id: other } = await makeUser(server, 'sales');
    const before = await count('access.api_token');
    for (const more of [
      {},
      { expiresAt: new Date(Date.now() + 30_000).toISOString() },
      { userId: token.userId },
      { userId: other },
    ]) {
      const body = { name: 'left behind', scopes: ['read'], ...more };
      const { token: secret } = token;
      expect(await callWithToken(server, '/api-tokens', { token: secret, method: 'POST', body })).toEqual({
        status: 403,
        code: 'token_may_not_make_tokens',
      });
    }
    expect(await count('access.api_token')).toBe(before);
  });
});
