import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Browser,
  cookieIn,
  makePerson,
  signedIn,
  startAccessServer,
  type AccessServer,
} from './access-server.js';

describe('signing in', () => {
  let server: AccessServer;
  beforeAll(async () => {
    server = await startAccessServer();
  });
  afterAll(() => server.stop());

  const audited = async (userId: string): Promise<string[]> => {
    const { rows } = await server.database.admin.query<{ action: string }>(
      `SELECT action FROM audit.leaf WHERE record_id = $1 ORDER BY at, id`,
      [userId],
    );
    return rows.map((row) => row.action);
  };

  it('answers who one is and sets a cookie that scripts cannot read', async () => {
    const person = await makePerson(server, 'sales');
    const browser = new Browser(server);
    const answer = await browser.signIn(person.email.toUpperCase(), person.password);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      user: { id: person.id, email: person.email },
      roles: ['sales'],
      server: { role: 'primary', installation: 'test' },
    });
    const cookie = cookieIn(answer);
    expect(cookie).toMatch(/^hf_test_session=[\w-]{43}; /);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/'])
      expect(cookie).toContain(attribute);
    expect((await browser.call('/me')).body).toEqual(answer.body);
    expect(await audited(person.id)).toEqual(['user-created', 'roles-assigned', 'sign-in']);
  });

  it('tells a page whether its browser is signed in without an error, before, during and after', async () => {
    const browser = new Browser(server);
    const session = async () => (await browser.call<{ me: unknown }>('/auth/session')).body;
    expect(await session()).toEqual({ me: null });
    const person = await makePerson(server, 'sales');
    const { body } = await browser.signIn(person.email, person.password);
    expect(await session()).toEqual({ me: body });
    expect((await browser.call('/auth/sign-out', { method: 'POST' })).status).toBe(204);
    expect(await session()).toEqual({ me: null });
  });

  it('keeps neither cookie nor password anywhere in the database or the log', async () => {
    const person = await makePerson(server, 'sales');
    const browser = await signedIn(server, person);
    await new Browser(server).signIn(person.email, 'a wrong password');
    const { rows } = await server.database.admin.query<{ text: string }>(
      `SELECT s::text AS text FROM access.session s UNION ALL SELECT c::text FROM access.credential c
       UNION ALL SELECT a::text FROM access.sign_in_attempt a`,
    );
    const secret = browser.cookie?.split('=')[1] ?? 'none';
    const everything = [...rows.map((row) => row.text), ...server.logLines].join('\n');
    for (const hidden of [secret, person.password, 'a wrong password', browser.csrfToken ?? 'none'])
      expect(everything).not.toContain(hidden);
  });

  it('X02 answers an unknown, a disabled and a known name alike, after the same work', async () => {
    const known = await makePerson(server, 'sales');
    const disabled = await makePerson(server, 'sales');
    const withoutPassword = await makePerson(server, 'sales');
    await server.database.admin.query(`UPDATE crm."user" SET active = false WHERE id = $1`, [disabled.id]);
    await server.database.admin.query(`DELETE FROM access.credential WHERE user_id = $1`, [
      withoutPassword.id,
    ]);
    const attempts: [string, string][] = [
      [known.email, 'wrong password'],
      ['nobody@example.com', 'wrong password'],
      [disabled.email, disabled.password],
      [withoutPassword.email, withoutPassword.password],
    ];
    for (const [index, [email, password]] of attempts.entries()) {
      const before = server.hasher.computations;
      const { status, body, headers } = await new Browser(server, `10.9.0.${String(index)}`).signIn(
        email,
        password,
      );
      expect({ status, ...body, requestId: '' }).toEqual({
        status: 401,
        code: 'sign_in_failed',
        detail: 'The e-mail address or the password is wrong.',
        requestId: '',
        title: 'Sign in failed',
        type: 'urn:holdfast:problem:sign_in_failed',
      });
      expect(headers['set-cookie']).toBeUndefined();
      expect(server.hasher.computations - before).toBe(1);
    }
    expect(await audited(known.id)).toContain('sign-in-failed');
  });

  it('X01 slows down guessing from one address and lets the owner in from another', async () => {
    const person = await makePerson(server, 'sales');
    const attacker = new Browser(server, '203.0.113.5');
    const statuses: number[] = [];
    for (let guess = 0; guess < 8; guess++)
      statuses.push((await attacker.signIn(person.email, `guess number ${String(guess)}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const refused = await attacker.signIn(person.email, person.password);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await new Browser(server, '198.51.100.7').signIn(person.email, person.password)).status).toBe(
      200,
    );
  });

  it('X01 gives a hundred guesses at once no more tries than a hundred in a row', async () => {
    const person = await makePerson(server, 'sales');
    const attacker = new Browser(server, '203.0.113.6');
    const before = server.hasher.computations;
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, guess) => attacker.signIn(person.email, `guess ${String(guess)}`)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(server.hasher.computations - before).toBe(5);
  });

  it('X01 waits longer after each further failure, up to a quarter of an hour', async () => {
    const person = await makePerson(server, 'sales');
    const attacker = new Browser(server, '203.0.113.7');
    const waits: number[] = [];
    for (let guess = 0; guess < 18; guess++) {
      const { status, headers } = await attacker.signIn(person.email, `guess ${String(guess)}`);
      if (status === 429) waits.push(Number(headers['retry-after']));
      await server.database.admin.query(
        `UPDATE access.sign_in_attempt SET blocked_until = now() WHERE $1 AND blocked_until > now()`,
        [status === 429],
      );
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64]);
    await server.database.admin.query(
      `UPDATE access.sign_in_attempt SET failures = 40, blocked_until = now()`,
    );
    await attacker.signIn(person.email, 'one more');
    const { headers } = await attacker.signIn(person.email, 'and another');
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(900);
    expect(Number(headers['retry-after'])).toBeGreaterThan(890);
    await server.database.admin.query(`DELETE FROM access.sign_in_attempt`);
  });

  it('X01 stops one address that tries many accounts, on every server alike', async () => {
    const attacker = new Browser(server, '203.0.113.8');
    const other = await startAccessServer({}, server);
    try {
      let last = 0;
      for (let account = 0; account < 60 && last !== 429; account++)
        last = (await attacker.signIn(`somebody${String(account)}@example.com`, 'Summer2026!')).status;
      expect(last).toBe(429);
      const there = await new Browser(other, '203.0.113.8').signIn('else@example.com', 'Summer2026!');
      expect(there.status).toBe(429);
    } finally {
      await other.stop();
    }
  });

  it('X05 makes a new session and ends the one that came along', async () => {
    const person = await makePerson(server, 'sales');
    const first = await signedIn(server, person);
    const again = new Browser(server);
    again.cookie = first.cookie;
    await again.signIn(person.email, person.password);
    expect(again.cookie).not.toBe(first.cookie);
    expect((await first.call('/me')).status).toBe(401);
    const planted = new Browser(server);
    planted.cookie = `hf_test_session=${'A'.repeat(43)}`;
    await planted.signIn(person.email, person.password);
    expect(planted.cookie).not.toContain('AAAA');
  });

  it('X06 ends a session at sign-out and when the user is disabled', async () => {
    const person = await makePerson(server, 'sales');
    const [one, two] = [await signedIn(server, person), await signedIn(server, person)];
    const out = await one.call('/auth/sign-out', { method: 'POST' });
    expect(out.status).toBe(204);
    expect(cookieIn(out)).toMatch(/^hf_test_session=;/);
    expect((await one.call('/me')).status).toBe(401);
    expect((await two.call('/me')).status).toBe(200);
    await server.database.admin.query(`UPDATE crm."user" SET active = false WHERE id = $1`, [person.id]);
    expect((await two.call('/me')).status).toBe(401);
  });

  it('ends a session that idled and one that reached its end', async () => {
    const person = await makePerson(server, 'sales');
    const [idle, old] = [await signedIn(server, person), await signedIn(server, person)];
    const change = (browser: Browser, set: string): Promise<unknown> =>
      server.database.admin.query(`UPDATE access.session SET ${set} WHERE token_hash = sha256($1)`, [
        Buffer.from(browser.cookie?.split('=')[1] ?? ''),
      ]);
    await change(idle, `last_seen_at = now() - interval '8 hours'`);
    await change(old, `expires_at = now()`);
    expect((await idle.call('/me')).status).toBe(401);
    expect((await old.call('/me')).status).toBe(401);
  });

  it('X31 refuses a change that another site could have sent', async () => {
    const browser = await signedIn(server, await makePerson(server, 'sales'));
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await browser.call('/probe', { method: 'POST', headers })).status;
    expect(await post({})).toBe(201);
    expect(await post({ 'x-csrf-token': 'wrong' })).toBe(403);
    expect(await post({ origin: 'https://evil.example' })).toBe(403);
    expect(await post({ origin: 'null' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await post({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await post({ origin: 'https://crm.example.com', 'sec-fetch-site': 'same-origin' })).toBe(201);
    browser.csrfToken = null;
    expect(await post({})).toBe(403);
  });

  it('X31 refuses to be signed in by another site', async () => {
    const person = await makePerson(server, 'sales');
    const answer = await new Browser(server).call('/auth/sign-in', {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: { email: person.email, password: person.password },
    });
    expect(answer.status).toBe(403);
  });

  it('X13 refuses members that it does not know', async () => {
    const answer = await new Browser(server).call<{ errors: { path: string }[] }>('/auth/sign-in', {
      method: 'POST',
      body: { email: 'a@example.com', password: 'x', role: 'administrator' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ path }) => path)).toEqual(['role']);
  });

  it('renews a hash that was made with older parameters', async () => {
    const person = await makePerson(server, 'sales');
    const newer = await startAccessServer(
      { passwords: { cost: { memoryKiB: 128, passes: 1, parallelism: 1 } } },
      server,
    );
    try {
      expect((await new Browser(newer).signIn(person.email, person.password)).status).toBe(200);
      const { rows } = await server.database.admin.query<{ password_hash: string }>(
        `SELECT password_hash FROM access.credential WHERE user_id = $1`,
        [person.id],
      );
      expect(rows[0]?.password_hash).toContain('$m=128,');
      expect((await new Browser(newer).signIn(person.email, person.password)).status).toBe(200);
    } finally {
      await newer.stop();
    }
  });
});
