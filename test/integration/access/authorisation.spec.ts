import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import {
  ApiTokens,
  IdentityStore,
  RoleAccessPolicy,
  UserAccess,
  type TokenScope,
} from '../../../src/access/index.js';
import { query } from '../../../src/platform/database/index.js';
import type { RequestContext } from '../../../src/platform/http/index.js';
import { findRecordType, type RecordTypeMeta } from '../../../src/records/index.js';
import {
  Browser,
  makePerson,
  setUp,
  signedIn,
  startAccessServer,
  type AccessServer,
} from './access-server.js';

function typeNamed(name: string): RecordTypeMeta {
  const type = findRecordType(name);
  if (!type) throw new Error(`no type ${name}`);
  return type;
}

describe('roles and tokens', () => {
  let server: AccessServer;
  beforeAll(async () => {
    server = await startAccessServer();
  });
  afterAll(() => server.stop());

  const contextOf = async (userId: string): Promise<RequestContext> => {
    const identity = await server.app.get(IdentityStore).byUserId(userId);
    if (!identity) throw new Error('no such active user');
    return { requestId: 'test', principal: identity.principal, ip: null };
  };
  const tokenOf = async (userId: string, ...scopes: TokenScope[]): Promise<string> =>
    (await server.app.get(ApiTokens).create(setUp, { userId, name: 'script', scopes })).token;
  const asToken = (token: string): Browser => {
    const browser = new Browser(server);
    const call = browser.call.bind(browser);
    browser.call = (path, options) =>
      call(path, { ...options, headers: { ...options?.headers, authorization: `Bearer ${token}` } });
    return browser;
  };

  it('X10 closes every route to those who are not signed in', async () => {
    const nobody = new Browser(server);
    for (const path of ['/me', '/probe', '/roles', '/api-tokens', `/users/${uuidv7()}/roles`])
      expect((await nobody.call(path)).status).toBe(401);
    expect((await nobody.call('/probe', { method: 'POST' })).status).toBe(401);
  });

  it.each(['', 'Bearer', 'Bearer hft_short', 'Basic YTpi', `Bearer hft_${'x'.repeat(43)}`, 'Bearer hft_%00'])(
    'X07 takes no other header for a token: %s',
    async (authorization) => {
      const browser = await signedIn(server, await makePerson(server, 'administrator'));
      expect((await browser.call('/me', { headers: { authorization } })).status).toBe(401);
    },
  );

  it('shows a new token once and lets it do what its scopes say', async () => {
    const person = await makePerson(server, 'administrator');
    const browser = await signedIn(server, person);
    const made = await browser.call<{ id: string; token: string }>('/api-tokens', {
      method: 'POST',
      body: { name: 'nightly', scopes: ['read'] },
    });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^hft_[\w-]{43}$/);
    expect(JSON.stringify((await browser.call('/api-tokens')).body)).not.toContain(made.body.token);
    const script = asToken(made.body.token);
    expect((await script.call('/probe')).status).toBe(200);
    expect((await script.call('/probe', { method: 'POST' })).status).toBe(403);
    expect((await script.call('/probe/users', { method: 'POST' })).status).toBe(403);
    expect((await browser.call(`/api-tokens/${made.body.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await script.call('/probe')).status).toBe(401);
  });

  it('lets a token with the scope write change things without a CSRF token', async () => {
    const person = await makePerson(server, 'administrator');
    const writer = asToken(await tokenOf(person.id, 'write'));
    expect((await writer.call('/probe', { method: 'POST' })).status).toBe(201);
    expect((await writer.call('/probe')).status).toBe(403);
    expect((await writer.call('/probe/users', { method: 'POST' })).status).toBe(403);
    const admin = asToken(await tokenOf(person.id, 'admin'));
    expect((await admin.call('/probe/users', { method: 'POST' })).status).toBe(201);
  });

  it('makes no token for a token, whatever its scopes', async () => {
    const person = await makePerson(server, 'administrator');
    const script = asToken(await tokenOf(person.id, 'write', 'admin'));
    for (const scopes of [['write'], ['write', 'admin'], ['read']]) {
      const answer = await script.call('/api-tokens', { method: 'POST', body: { name: 'more', scopes } });
      expect(answer).toMatchObject({ status: 403, body: { code: 'token_may_not_make_tokens' } });
    }
  });

  it('X06 stops a token at once when it expired, was revoked, or its user is disabled', async () => {
    const [person, other] = [await makePerson(server, 'sales'), await makePerson(server, 'sales')];
    const [token, expiring] = [await tokenOf(person.id, 'read'), await tokenOf(other.id, 'read')];
    expect((await asToken(token).call('/me')).status).toBe(200);
    await server.database.admin.query(`UPDATE crm."user" SET active = false WHERE id = $1`, [person.id]);
    await server.database.admin.query(`UPDATE access.api_token SET expires_at = now() WHERE user_id = $1`, [
      other.id,
    ]);
    expect((await asToken(token).call('/me')).status).toBe(401);
    expect((await asToken(expiring).call('/me')).status).toBe(401);
  });

  it('lists tokens page by page, newest first, and names a faulty parameter', async () => {
    const person = await makePerson(server, 'sales');
    for (const _ of Array(5).keys()) await tokenOf(person.id, 'read');
    const browser = await signedIn(server, person);
    const { rows } = await server.database.admin.query<{ id: string }>(
      'SELECT id FROM access.api_token WHERE user_id = $1 ORDER BY id DESC',
      [person.id],
    );
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await browser.call<{ data: { id: string }[]; page: { nextCursor: string | null } }>(
        `/api-tokens?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.page.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(rows.map(({ id }) => id));
    for (const faulty of ['limit=0', 'limit=201', 'cursor=x', 'page=2'])
      expect((await browser.call(`/api-tokens?${faulty}`)).status).toBe(400);
  });

  it('shows and revokes tokens of others only to those who manage users', async () => {
    const [mine, theirs] = [await makePerson(server, 'sales'), await makePerson(server, 'sales')];
    await tokenOf(theirs.id, 'read');
    const { rows } = await server.database.admin.query<{ id: string }>(
      `SELECT id FROM access.api_token WHERE user_id = $1`,
      [theirs.id],
    );
    const path = `/api-tokens/${rows[0]?.id ?? ''}`;
    const browser = await signedIn(server, mine);
    expect((await browser.call<{ data: unknown[] }>('/api-tokens')).body.data).toEqual([]);
    expect((await browser.call(path, { method: 'DELETE' })).status).toBe(404);
    const body = { name: 'borrowed', scopes: ['read'], userId: theirs.id };
    expect((await browser.call('/api-tokens', { method: 'POST', body })).status).toBe(403);
    const admin = await signedIn(server, await makePerson(server, 'administrator'));
    expect((await admin.call(path, { method: 'DELETE' })).status).toBe(204);
  });

  it('lets administrators give roles, and takes effect with the next request', async () => {
    const person = await makePerson(server, 'sales');
    const browser = await signedIn(server, person);
    const admin = await signedIn(server, await makePerson(server, 'administrator'));
    const path = `/users/${person.id}/roles`;
    expect((await browser.call(path, { method: 'PUT', body: { roles: ['administrator'] } })).status).toBe(
      403,
    );
    const set = await admin.call(path, { method: 'PUT', body: { roles: ['service', 'readonly'] } });
    expect(set).toMatchObject({ status: 200, body: { roles: ['readonly', 'service'] } });
    expect((await browser.call('/me')).body.roles).toEqual(['readonly', 'service']);
    const unknown = await admin.call(path, { method: 'PUT', body: { roles: ['service', 'king'] } });
    expect(unknown).toMatchObject({ status: 400, body: { errors: [{ path: 'roles[1]' }] } });
    expect((await admin.call(`/users/${uuidv7()}/roles`)).status).toBe(404);
    expect((await admin.call(`/users/nonsense/roles`)).status).toBe(404);
  });

  it('lets nobody give, take or take over rights that they do not have', async () => {
    await server.database.admin.query(
      `INSERT INTO access.role (id, key, name, permissions, flags) VALUES
       ($1, 'helpdesk', 'Help desk', '{"*":{"read":"all"}}', '{manageUsers}') ON CONFLICT DO NOTHING`,
      [uuidv7()],
    );
    const [helper, boss, colleague] = [
      await makePerson(server, 'helpdesk'),
      await makePerson(server, 'administrator'),
      await makePerson(server, 'readonly'),
    ];
    const browser = await signedIn(server, helper);
    const put = async (id: string, roles: string[]): Promise<number> =>
      (await browser.call(`/users/${id}/roles`, { method: 'PUT', body: { roles } })).status;
    const password = async (id: string): Promise<number> =>
      (await browser.call(`/users/${id}/password`, { method: 'POST', body: { password: 'brand new words' } }))
        .status;
    expect(await put(helper.id, ['helpdesk', 'administrator'])).toBe(403);
    expect(await put(boss.id, [])).toBe(403);
    expect(await password(boss.id)).toBe(403);
    expect(await put(colleague.id, ['helpdesk'])).toBe(200);
    expect(await password(colleague.id)).toBe(204);
    const body = { name: 'borrowed', scopes: ['read'], userId: boss.id };
    expect((await browser.call('/api-tokens', { method: 'POST', body })).status).toBe(403);
  });

  it('keeps the last administrator, also when two take the role from each other', async () => {
    const alone = await startAccessServer();
    try {
      const [one, two] = [await makePerson(alone, 'administrator'), await makePerson(alone, 'administrator')];
      const users = alone.app.get(UserAccess);
      for (let round = 0; round < 10; round++) {
        const taken = await Promise.allSettled([one, two].map(({ id }) => users.setRoles(setUp, id, [])));
        const refused = taken.filter((outcome) => outcome.status === 'rejected');
        expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual([
          'last_administrator',
        ]);
        for (const { id } of [one, two]) await users.assignRole(setUp, id, 'administrator');
      }
    } finally {
      await alone.stop();
    }
  });

  it('asks for a new password before anything else after an administrator gave one', async () => {
    const person = await makePerson(server, 'sales');
    const before = await signedIn(server, person);
    await server.app.get(UserAccess).setPassword(setUp, person.id, 'given by the boss');
    expect((await before.call('/me')).status).toBe(401);
    const browser = await signedIn(server, { ...person, password: 'given by the boss' });
    expect((await browser.call('/probe')).body.code).toBe('password_change_required');
    const change = (currentPassword: string, newPassword: string) =>
      browser.call('/auth/password', { method: 'POST', body: { currentPassword, newPassword } });
    expect((await change('not the one', 'my own new words')).status).toBe(400);
    expect((await change('given by the boss', 'short')).status).toBe(400);
    expect((await change('given by the boss', person.email)).status).toBe(400);
    expect((await change('given by the boss', 'my own new words')).status).toBe(204);
    expect((await browser.call('/probe')).status).toBe(200);
  });

  it('ends all other sessions when the password changes', async () => {
    const person = await makePerson(server, 'sales');
    const [here, elsewhere] = [await signedIn(server, person), await signedIn(server, person)];
    const body = { currentPassword: person.password, newPassword: 'a different harbour' };
    expect((await here.call('/auth/password', { method: 'POST', body })).status).toBe(204);
    expect((await here.call('/me')).status).toBe(200);
    expect((await elsewhere.call('/me')).status).toBe(401);
    expect((await new Browser(server).signIn(person.email, person.password)).status).toBe(401);
  });

  it('limits guesses of the present password through a stolen session', async () => {
    const person = await makePerson(server, 'sales');
    const browser = await signedIn(server, person);
    const statuses: number[] = [];
    for (let guess = 0; guess < 7; guess++) {
      const body = { currentPassword: `guess ${String(guess)}`, newPassword: 'a different harbour' };
      statuses.push((await browser.call('/auth/password', { method: 'POST', body })).status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429]);
  });

  describe('the predicate', () => {
    const seen = async (
      userId: string,
      type: string,
      action: 'read' | 'update' | 'delete',
    ): Promise<string[]> => {
      const params: unknown[] = [];
      const ctx = await contextOf(userId);
      const sql = server.app.get(RoleAccessPolicy).predicate(ctx, typeNamed(type), action, 't', params);
      const rows = await query<{ name: string }>(
        server.dataSource,
        `SELECT t.name FROM ${typeNamed(type).table} t WHERE ${sql} AND t.name LIKE 'P %' ORDER BY 1`,
        params,
      );
      return rows.map(({ name }) => name);
    };

    it('X11 leaves own, all or no rows, in SQL', async () => {
      const [anna, boris] = [await makePerson(server, 'sales'), await makePerson(server, 'sales')];
      const reader = await makePerson(server, 'readonly');
      const nobody = await makePerson(server);
      const insert = (name: string, owner: string | null): Promise<unknown> =>
        server.database.admin.query(
          `INSERT INTO crm.account (id, created_at, updated_at, name, kind, owner_id, version, custom)
           VALUES ($1, now(), now(), $2, 'company', $3, 1, '{}')`,
          [uuidv7(), name, owner],
        );
      await insert('P anna', anna.id);
      await insert('P boris', boris.id);
      await insert('P nobody', null);
      const all = ['P anna', 'P boris', 'P nobody'];
      expect(await seen(anna.id, 'account', 'read')).toEqual(all);
      expect(await seen(anna.id, 'account', 'update')).toEqual(['P anna']);
      expect(await seen(anna.id, 'account', 'delete')).toEqual(['P anna']);
      expect(await seen(reader.id, 'account', 'read')).toEqual(all);
      expect(await seen(reader.id, 'account', 'update')).toEqual([]);
      expect(await seen(nobody.id, 'account', 'read')).toEqual([]);
    });

    it('allows nothing to a principal that no guard resolved, whatever roles it claims', () => {
      const ctx: RequestContext = {
        requestId: 'test',
        principal: { kind: 'user', userId: uuidv7(), roles: ['administrator'], name: 'Mallory' },
        ip: null,
      };
      const policy = server.app.get(RoleAccessPolicy);
      expect(policy.predicate(ctx, typeNamed('account'), 'read', 't', [])).toBe('FALSE');
      expect(policy.isAdministrator(ctx)).toBe(false);
    });

    it('lets a role manage the cloud and nothing else of the system', async () => {
      await server.database.admin.query(
        `INSERT INTO access.role (id, key, name, permissions, flags) VALUES
         ($1, 'dataprotection', 'Data protection', '{"*":{"read":"all"}}', '{manageCloud}')`,
        [uuidv7()],
      );
      const policy = server.app.get(RoleAccessPolicy);
      const officer = await contextOf((await makePerson(server, 'dataprotection')).id);
      const clerk = await contextOf((await makePerson(server, 'sales')).id);
      expect(policy.hasFlag(officer, 'manageCloud')).toBe(true);
      expect(policy.hasFlag(officer, 'manageUsers')).toBe(false);
      expect(policy.isAdministrator(officer)).toBe(false);
      expect(policy.hasFlag(clerk, 'manageCloud')).toBe(false);
    });

    it('X12 names the fields that a role hides', async () => {
      const policy = server.app.get(RoleAccessPolicy);
      const hidden = async (role: string, type: string): Promise<string[]> => [
        ...policy.hiddenFields(await contextOf((await makePerson(server, role)).id), typeNamed(type)),
      ];
      expect(await hidden('readonly', 'account')).toEqual(['revenue']);
      expect(await hidden('sales', 'account')).toEqual([]);
      expect(await hidden('sales', 'user')).toContain('email');
      expect(await hidden('administrator', 'user')).toEqual([]);
    });
  });
});
