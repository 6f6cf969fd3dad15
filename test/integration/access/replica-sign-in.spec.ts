import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OwnPasswords, UserAccess, ApiTokens } from '../../../src/access/index.js';
import {
  Browser,
  makePerson,
  setUp,
  signedIn,
  startAccessServer,
  type AccessServer,
  type TestPerson,
} from './access-server.js';

describe('signing in on a replica', () => {
  let primary: AccessServer;
  let replica: AccessServer;
  let person: TestPerson;
  const replicaPassword = 'far from the office';

  beforeAll(async () => {
    [primary, replica] = [
      await startAccessServer(),
      await startAccessServer({ role: 'replica', installation: 'test-replica-1' }),
    ];
    person = await makePerson(primary, 'sales');
    await primary.app.get(OwnPasswords).setReplicaPassword(setUp, person.id, replicaPassword);
    await carryOver();
  });
  afterAll(async () => {
    await primary.stop();
    await replica.stop();
  });

  /** What the sealed parts carry: users with name, activity, locale and time zone; roles; replica logins. */
  async function carryOver(): Promise<void> {
    const copy = async (table: string, columns: string): Promise<void> => {
      const { rows } = await primary.database.admin.query<{ row: string }>(
        `SELECT row_to_json(v)::text AS row FROM (SELECT ${columns} FROM ${table}) v`,
      );
      await replica.database.admin.query(`DELETE FROM ${table}`);
      for (const { row } of rows)
        await replica.database.admin.query(
          `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_record(NULL::${table}, $1)`,
          [row],
        );
    };
    await copy('crm."user"', 'id, created_at, updated_at, version, name, active, locale, time_zone, custom');
    await copy('access.role', 'id, key, name, permissions, flags, hidden_fields, read_only_fields');
    await copy('access.replica_login', 'id, user_id, email, password_hash, roles');
  }

  const signIn = async (password: string, address = '10.2.0.1'): Promise<Browser> => {
    const browser = new Browser(replica, address);
    await browser.signIn(person.email, password);
    return browser;
  };

  it('lets in with the replica password, and with the roles given on premises', async () => {
    const browser = await signIn(replicaPassword);
    const me = await browser.call('/me');
    expect(me).toMatchObject({
      status: 200,
      body: { user: { id: person.id, email: person.email }, roles: ['sales'], server: { role: 'replica' } },
    });
    expect(browser.cookie).toMatch(/^hf_test-replica-1_session=/);
  });

  it('does not know the password used on premises, nor the other way round', async () => {
    expect((await (await signIn(person.password, '10.2.0.2')).call('/me')).status).toBe(401);
    expect((await new Browser(primary).signIn(person.email, replicaPassword)).status).toBe(401);
  });

  it('refuses one password for both', async () => {
    const browser = await signedIn(primary, person);
    const body = { currentPassword: person.password, replicaPassword: person.password };
    const answer = await browser.call('/auth/replica-password', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'replicaPassword' }] } });
  });

  it('X42 answers 405 to changes of passwords, roles and tokens', async () => {
    const browser = await signIn(replicaPassword);
    const calls: [string, 'POST' | 'PUT' | 'DELETE'][] = [
      ['/auth/password', 'POST'],
      ['/auth/replica-password', 'POST'],
      ['/api-tokens', 'POST'],
      [`/api-tokens/${person.id}`, 'DELETE'],
      [`/users/${person.id}/roles`, 'PUT'],
      [`/users/${person.id}/password`, 'POST'],
    ];
    for (const [path, method] of calls)
      expect((await browser.call(path, { method, body: {} })).status).toBe(405);
  });

  it.each([
    `UPDATE access.replica_login SET password_hash = password_hash`,
    `INSERT INTO access.replica_login (id) VALUES (gen_random_uuid())`,
    `UPDATE access.role SET name = name`,
    `INSERT INTO access.api_token (id) VALUES (gen_random_uuid())`,
    `UPDATE access.api_token SET roles = '{administrator}'`,
    `UPDATE crm."user" SET active = true`,
    `SELECT * FROM access.credential`,
  ])('X42 has no right in the database to: %s', async (sql) => {
    await expect(replica.dataSource.query(sql)).rejects.toThrow(/permission denied/);
  });

  it('takes over changed roles with the next request', async () => {
    const browser = await signIn(replicaPassword);
    await primary.app.get(UserAccess).setRoles(setUp, person.id, ['service']);
    await carryOver();
    expect((await browser.call('/me')).body.roles).toEqual(['service']);
  });

  it('lets a token of its own read and nothing else', async () => {
    await replica.database.admin.query(`DELETE FROM access.api_token`);
    const { token } = await primary.app.get(ApiTokens).create(setUp, {
      userId: null,
      name: 'quickstart',
      scopes: ['read'],
      roles: ['replica-reader'],
    });
    const { rows } = await primary.database.admin.query<{ row: string }>(
      `SELECT row_to_json(t)::text AS row FROM access.api_token t`,
    );
    await replica.database.admin.query(
      `INSERT INTO access.api_token SELECT * FROM json_populate_record(NULL::access.api_token, $1)`,
      [rows[0]?.row],
    );
    const headers = { authorization: `Bearer ${token}` };
    const me = await new Browser(replica).call('/me', { headers });
    expect(me).toMatchObject({
      status: 200,
      body: { user: null, roles: ['replica-reader'], scopes: ['read'] },
    });
    expect((await new Browser(replica).call('/probe', { method: 'POST', headers })).status).toBe(405);
  });

  it('X06 ends sessions when a new replica password or a disabled user arrives', async () => {
    const browser = await signIn(replicaPassword, '10.2.0.3');
    expect((await browser.call('/me')).status).toBe(200);
    await primary.app.get(OwnPasswords).setReplicaPassword(setUp, person.id, 'another far harbour');
    await carryOver();
    expect((await browser.call('/me')).status).toBe(401);
    const again = await signIn('another far harbour', '10.2.0.4');
    expect((await again.call('/me')).status).toBe(200);
    await primary.database.admin.query(`UPDATE crm."user" SET active = false WHERE id = $1`, [person.id]);
    await carryOver();
    expect((await again.call('/me')).status).toBe(401);
    expect((await (await signIn('another far harbour', '10.2.0.5')).call('/me')).status).toBe(401);
    await primary.database.admin.query(`UPDATE crm."user" SET active = true WHERE id = $1`, [person.id]);
  });

  it('follows a changed e-mail address', async () => {
    await primary.database.admin.query(`UPDATE crm."user" SET email = 'moved@example.com' WHERE id = $1`, [
      person.id,
    ]);
    await carryOver();
    const answer = await new Browser(replica, '10.2.0.6').signIn('moved@example.com', 'another far harbour');
    expect(answer.status).toBe(200);
  });
});
