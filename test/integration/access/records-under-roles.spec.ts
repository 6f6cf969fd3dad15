import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makePerson, signedIn, startAccessServer, type AccessServer, type Browser } from './access-server.js';

interface Page {
  data: { id: string; name: string }[];
  page: { count?: number };
}

describe('records under roles', () => {
  let server: AccessServer;
  let admin: Browser;
  let anna: Browser;
  let boris: Browser;
  let reader: Browser;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    server = await startAccessServer();
    admin = await signedIn(server, await makePerson(server, 'administrator'));
    const seller = await makePerson(server, 'sales');
    anna = await signedIn(server, seller);
    boris = await signedIn(server, await makePerson(server, 'sales'));
    reader = await signedIn(server, await makePerson(server, 'readonly'));
    await make(anna, 'anna');
    await make(boris, 'boris');
  });
  afterAll(() => server.stop());

  async function make(browser: Browser, name: string): Promise<void> {
    const post = async (path: string, body: object): Promise<string> => {
      const answer = await browser.call<{ id: string }>(path, { method: 'POST', body });
      if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
      return answer.body.id;
    };
    ids[`account of ${name}`] = await post('/accounts', {
      name: `Account of ${name}`,
      revenue: { amount: '5.00', currency: 'USD' },
    });
    ids[`activity of ${name}`] = await post('/activities', { kind: 'task', subject: `Task of ${name}` });
  }

  const names = async (browser: Browser, path: string): Promise<number> => {
    const { body } = await browser.call<Page>(`${path}?count=capped`);
    expect(body.page.count).toBe(body.data.length);
    return body.data.length;
  };

  it('X11 lists and counts only what the role shows', async () => {
    expect(await names(admin, '/activities')).toBe(2);
    expect(await names(anna, '/activities')).toBe(1);
    expect(await names(anna, '/accounts')).toBe(2);
    expect(await names(reader, '/accounts')).toBe(2);
  });

  it("X10 answers 404 for another owner's record, and changes nothing", async () => {
    const foreign = `/activities/${ids['activity of boris'] ?? ''}`;
    const change = { method: 'PATCH', body: { subject: 'Taken' }, headers: { 'if-match': '"1"' } } as const;
    expect((await anna.call(foreign)).status).toBe(404);
    expect((await anna.call(foreign, change)).status).toBe(404);
    expect((await anna.call(foreign, { method: 'DELETE' })).status).toBe(404);
    expect((await boris.call(foreign)).body).toMatchObject({ subject: 'Task of boris', version: 1 });
  });

  it('X10 lets a role read what it may not change', async () => {
    const foreign = `/accounts/${ids['account of boris'] ?? ''}`;
    const change = { method: 'PATCH', body: { name: 'Taken' }, headers: { 'if-match': '"1"' } } as const;
    expect((await anna.call(foreign)).status).toBe(200);
    expect((await anna.call(foreign, change)).status).toBe(403);
    expect((await reader.call(foreign, change)).status).toBe(403);
    expect((await reader.call('/accounts', { method: 'POST', body: { name: 'New' } })).status).toBe(403);
    expect((await boris.call(foreign, change)).status).toBe(200);
  });

  it('X12 neither shows a hidden field nor filters, sorts or selects by it', async () => {
    const path = `/accounts/${ids['account of anna'] ?? ''}`;
    expect((await anna.call(path)).body.revenue).toEqual({ amount: '5.00', currency: 'USD' });
    expect((await reader.call(path)).body).not.toHaveProperty('revenue');
    const filter = encodeURIComponent(JSON.stringify({ field: 'revenue', op: 'gt', value: '1' }));
    for (const query of [`filter=${filter}`, 'sort=revenue', 'fields=name,revenue'])
      expect((await reader.call(`/accounts?${query}`)).status).toBe(400);
    const types = await reader.call<{ data: { name: string; fields: { name: string }[] }[] }>('/types');
    const account = types.body.data.find(({ name }) => name === 'account');
    expect(account?.fields.map(({ name }) => name)).not.toContain('revenue');
  });

  it('shows colleagues by name and keeps their addresses for those who manage users', async () => {
    const { body } = await anna.call<{ data: Record<string, unknown>[] }>('/users');
    expect(body.data.length).toBe(4);
    expect(body.data.every((user) => typeof user.name === 'string' && !('email' in user))).toBe(true);
    const all = await admin.call<{ data: Record<string, unknown>[] }>('/users');
    expect(all.body.data.every((user) => typeof user.email === 'string')).toBe(true);
  });

  it('lets nobody but administrators make users, pipelines and stages', async () => {
    const user = { name: 'New', email: 'new@example.com' };
    expect((await anna.call('/users', { method: 'POST', body: user })).status).toBe(403);
    const made = await admin.call<{ id: string }>('/users', { method: 'POST', body: user });
    expect(made.status).toBe(201);
    const password = { method: 'POST', body: { password: 'a first password' } } as const;
    expect((await admin.call(`/users/${made.body.id}/password`, password)).status).toBe(204);
  });

  it('keeps the last administrator from being switched off or deleted', async () => {
    const me = await admin.call<{ user: { id: string } }>('/me');
    const path = `/users/${me.body.user.id}`;
    const off = { method: 'PATCH', body: { active: false }, headers: { 'if-match': '"1"' } } as const;
    expect(await admin.call(path, off)).toMatchObject({ status: 409, body: { code: 'last_administrator' } });
    const gone = await admin.call(path, { method: 'DELETE' });
    expect(gone).toMatchObject({ status: 409, body: { code: 'last_administrator' } });
  });
});
