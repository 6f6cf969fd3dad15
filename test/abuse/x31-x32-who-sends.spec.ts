// What another site can make a browser send, and what a caller says about where it comes from.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  HttpClient,
  makeUser,
  startPrimary,
  startPrimaryOn,
  type Credentials,
  type WholeServer,
} from '../integration/access/whole-server.js';

const evil = 'https://evil.example';
/** What a browser lets a page ask of another site without asking that site first. */
const simpleTypes = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];

describe('another site', () => {
  let server: WholeServer;
  let person: Credentials;
  let headers: Record<string, string>;
  let cookie: string;

  beforeAll(async () => {
    server = await startPrimary();
    person = await makeUser(server, 'administrator');
    headers = (await HttpClient.signedIn(server, person)).credentials();
    cookie = headers['cookie'] ?? '';
  });
  afterAll(() => server.stop());

  const send = (method: string, path: string, more: Record<string, string>, body?: string) =>
    fetch(server.url + path, { method, headers: more, ...(body === undefined ? {} : { body }) });
  const accounts = async (): Promise<number> =>
    (await server.database.admin.query('SELECT 1 FROM crm.account')).rowCount ?? 0;
  const create = (more: Record<string, string>) =>
    send('POST', '/api/v1/accounts', { 'content-type': 'application/json', ...more }, '{"name":"Forged"}');

  it('X31 cannot change anything with the cookie of a signed-in person', async () => {
    expect((await create(headers)).status).toBe(201);
    const before = await accounts();
    const tries: Record<string, string>[] = [
      { cookie },
      { cookie, 'x-csrf-token': '' },
      { cookie, 'x-csrf-token': 'x'.repeat(43) },
      { ...headers, origin: evil },
      { ...headers, origin: 'null' },
      { ...headers, origin: `${server.url}.evil.example` },
      { ...headers, origin: server.url, 'sec-fetch-site': 'cross-site' },
      { ...headers, 'sec-fetch-site': 'same-site' },
    ];
    for (const given of tries) expect([given, (await create(given)).status]).toEqual([given, 403]);
    expect(await accounts()).toBe(before);
  });

  it('X31 cannot change anything by the forms that a browser sends without asking', async () => {
    const before = await accounts();
    for (const type of simpleTypes)
      expect(
        (await send('POST', '/api/v1/accounts', { ...headers, 'content-type': type }, '{"name":"x"}')).status,
      ).toBe(415);
    // a form can name another method only in a header or a member, and neither counts
    const override = { cookie, 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
    expect((await send('GET', '/api/v1/accounts', override)).status).toBe(200);
    expect((await send('GET', '/api/v1/accounts?_method=DELETE', { cookie })).status).toBe(400);
    expect(await accounts()).toBe(before);
  });

  it('X31 cannot sign a person in as somebody else, nor out', async () => {
    const signIn = (more: Record<string, string>) =>
      send(
        'POST',
        '/api/v1/auth/sign-in',
        { 'content-type': 'application/json', ...more },
        JSON.stringify({ email: person.email, password: person.password }),
      );
    const forged = await signIn({ origin: evil });
    expect([forged.status, forged.headers.get('set-cookie')]).toEqual([403, null]);
    expect((await signIn({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send('POST', '/api/v1/auth/sign-out', { cookie, origin: evil })).status).toBe(403);
    expect((await send('GET', '/api/v1/me', { cookie })).status).toBe(200);
  });

  it('X31 is told by no answer that it may read or ask', async () => {
    const preflight = {
      origin: evil,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'x-csrf-token, content-type, if-match',
    };
    const paths = ['/api/v1/accounts', '/api/v1/me', '/api/v1/auth/session', '/api/openapi.json', '/healthz'];
    for (const path of paths)
      for (const answer of [
        await send('OPTIONS', path, { ...preflight, cookie }),
        await send('GET', path, { origin: evil, cookie }),
      ]) {
        const allowed = [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
        expect([path, allowed]).toEqual([path, []]);
        expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      }
    expect((await send('OPTIONS', '/api/v1/accounts', { ...preflight, cookie })).status).toBe(404);
  });

  it('X31 gets no cookie sent along, and no page of ours into a frame', async () => {
    const answer = await send(
      'POST',
      '/api/v1/auth/sign-in',
      { 'content-type': 'application/json' },
      JSON.stringify({ email: person.email, password: person.password }),
    );
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly/);
    expect(answer.headers.get('set-cookie')).toMatch(/SameSite=(Lax|Strict)/);
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  /** Wrong passwords until one is no longer looked at, each from an address of its own, or so it says. */
  async function guesses(at: WholeServer, email: string): Promise<number[]> {
    const statuses: number[] = [];
    for (let guess = 1; guess <= 7; guess += 1) {
      const address = `198.51.100.${String(guess)}`;
      const answer = await fetch(`${at.url}/api/v1/auth/sign-in`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': address,
          forwarded: `for=${address}`,
          'x-real-ip': address,
          'x-client-ip': address,
        },
        body: JSON.stringify({ email, password: 'a wrong guess' }),
      });
      statuses.push(answer.status);
    }
    return statuses;
  }
  it('X32 does not get more guesses by saying that it comes from elsewhere', async () => {
    const victim = await makeUser(server, 'sales');
    expect(await guesses(server, victim.email)).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });

  it('X32 is believed only where its address is one of our proxies', async () => {
    const behind = await startPrimaryOn(server.database, server.folder, {
      HOLDFAST_HTTP_TRUSTED_PROXIES: '127.0.0.0/8',
      HOLDFAST_QUEUE_DATABASE_URL: server.config.queue.databaseUrl ?? '',
    });
    try {
      const victim = await makeUser(server, 'sales');
      expect(await guesses(behind, victim.email)).toEqual([401, 401, 401, 401, 401, 401, 401]);
    } finally {
      await behind.app.close();
    }
  });
});
