// The main job on real input, as a person starts it: imported data, a policy, a sealed bucket, a replica.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApi, waitFor } from '../support/index.js';
import { startSystem, type RunningSystem } from '../support/running-system.js';

interface Deal {
  id: string;
  version: number;
  name: string;
  stage: string;
  status: string;
  accountId: string | null;
  amount: { amount: string; currency: string } | null;
}
interface Account {
  id: string;
  name: string;
  kind: string;
  sector: string | null;
  parentId: string | null;
  revenue: { amount: string } | null;
  employees: number | null;
}

let system: RunningSystem;
let premises: TestApi;
let replica: TestApi;

beforeAll(async () => {
  system = await startSystem({ isFirstStart: true });
  premises = new TestApi(system.primary.url, system.apiToken);
  replica = new TestApi(system.replica.url, system.replica.apiToken);
}, 300_000);

afterAll(() => system.stop(), 60_000);

const customers = { field: 'kind', op: 'eq', value: 'customer' };

/** Adds decimal strings as whole hundredths: floats would lose cents on the way. */
function sum(deals: readonly Deal[]): string {
  const cents = deals.reduce(
    (total, { amount }) => total + BigInt((amount?.amount ?? '0.00').replace('.', '')),
    0n,
  );
  const text = cents.toString().padStart(3, '0');
  return `${text.slice(0, -2)}.${text.slice(-2)}`;
}

describe('the files of the demo', () => {
  interface File {
    id: string;
    name: string;
    recordType: string;
    state: string;
  }
  const filesOf = async (api: TestApi, account: string): Promise<File[]> => {
    const filter = { field: 'name', op: 'eq', value: account };
    const [record] = (await api.list<Account>('accounts', { filter })).data;
    if (!record) return [];
    return (await api.get<{ data: File[] }>(`/accounts/${record.id}/attachments`)).data;
  };

  it('arrive on the replica where label and record are selected, byte for byte', async () => {
    const names = async (api: TestApi, account: string) =>
      (await filesOf(api, account)).map(({ name }) => name).sort();
    expect(await names(premises, 'Acme Corporation')).toEqual(['framework-agreement.pdf', 'price-list.pdf']);
    expect(await names(premises, 'Betatech')).toEqual(['framework-agreement.pdf']);
    const [there] = await waitFor(
      async () => {
        const found = await filesOf(replica, 'Acme Corporation');
        return found[0]?.state === 'available' ? found : null;
      },
      { timeoutMs: 60_000, what: 'the file on the replica' },
    );
    expect(await names(replica, 'Acme Corporation')).toEqual(['framework-agreement.pdf']);
    expect(await names(replica, 'Betatech')).toEqual([]);
    const path = `/attachments/${there?.id ?? ''}/content`;
    const [home, abroad] = await Promise.all([premises, replica].map((api) => api.request('GET', path)));
    const bytes = Buffer.from((await home?.arrayBuffer()) ?? new ArrayBuffer());
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(Buffer.from((await abroad?.arrayBuffer()) ?? new ArrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe('the demo on premises', () => {
  it('has every account with its parent, mended where the files are odd', async () => {
    const accounts = await premises.all<Account>('accounts', { filter: customers });
    expect(accounts).toHaveLength(85);
    const byId = new Map(accounts.map((account) => [account.id, account]));
    const parents = accounts.filter(({ parentId }) => parentId !== null);
    expect(parents).toHaveLength(15);
    expect(
      byId.get(byId.get(parents.find(({ name }) => name === 'Codehow')?.id ?? '')?.parentId ?? '')?.name,
    ).toBe('Acme Corporation');
    expect(new Set(accounts.map(({ sector }) => sector))).not.toContain('technolgy');
  });

  it('has 8,800 deals, of which the won ones add up', async () => {
    const deals = await premises.all<Deal>('deals', {
      fields: 'id,name,stage,status,accountId,amount,version',
    });
    expect(deals).toHaveLength(8800);
    const won = deals.filter(({ status }) => status === 'won');
    expect(won).toHaveLength(4238);
    expect(sum(won)).toBe('10005534.00');
    expect(deals.filter(({ accountId }) => accountId === null)).toHaveLength(1425);
    expect(deals.filter(({ name }) => /null|GTXPro/.test(name))).toEqual([]);
  }, 120_000);

  it('has the people, products, complaints and companies', async () => {
    const people = await premises.all<{ office: string | null }>('users');
    expect(people.filter(({ office }) => office !== null)).toHaveLength(35);
    expect((await premises.list('products', { count: 'capped' })).page.count).toBe(7);
    expect((await premises.list('cases', { count: 'capped' })).page.count).toBe(8340);
    const companies = { field: 'kind', op: 'eq', value: 'respondent' };
    expect((await premises.list('accounts', { filter: companies, count: 'capped' })).page.count).toBe(813);
  });
});

describe('the demo in the cloud', () => {
  it('holds no medical account and nothing that follows one', async () => {
    const there = await replica.all<Account>('accounts', { filter: customers });
    const here = await premises.all<Account>('accounts', { filter: customers });
    const expected = here.filter(({ sector }) => sector !== 'medical').map(({ id }) => id);
    expect(there.map(({ id }) => id).sort()).toEqual(expected.sort());
    const deals = await replica.all<Deal>('deals', { fields: 'id,accountId' });
    const allowed = new Set(expected);
    expect(deals.filter(({ accountId }) => !allowed.has(accountId ?? ''))).toEqual([]);
    const openOnPremises = await premises.all<Deal>('deals', {
      fields: 'id',
      filter: { field: 'account.sector', op: 'neq', value: 'medical' },
    });
    expect(deals.length).toBeGreaterThan(5000);
    expect(deals.length).toBeLessThanOrEqual(openOnPremises.length);
  }, 120_000);

  it('has neither revenue nor employees, nor ZIP codes and disputes', async () => {
    const accounts = await replica.all<Account>('accounts');
    expect(
      accounts.filter(({ revenue, employees }) => (revenue ?? null) !== null || (employees ?? null) !== null),
    ).toEqual([]);
    const { data } = await replica.list<{ custom: Record<string, unknown> }>('cases', { limit: 200 });
    expect(data).toHaveLength(200);
    for (const { custom } of data) {
      expect(custom['zipCode'] ?? null).toBeNull();
      expect(custom['disputed'] ?? null).toBeNull();
      expect(custom['product']).toEqual(expect.any(String));
    }
  });

  it('has phone numbers masked', async () => {
    const { data } = await replica.list<{ phone: string | null }>('contacts', { limit: 50 });
    const phones = data.map(({ phone }) => phone).filter((phone) => phone !== null);
    expect(phones.length).toBeGreaterThan(20);
    for (const phone of phones) expect(phone).not.toMatch(/555/);
  });

  it('refuses writes and says as of when it speaks', async () => {
    const response = await replica.request('POST', '/accounts', { name: 'x' });
    expect(response.status).toBe(405);
    const read = await replica.request('GET', '/accounts?limit=1');
    expect(Date.parse(read.headers.get('holdfast-as-of') ?? '')).toBeGreaterThan(Date.now() - 600_000);
    expect(Number(read.headers.get('holdfast-lag-ms'))).toBeGreaterThanOrEqual(0);
  });

  it('shows a change of a colleague on premises shortly after', async () => {
    const filter = {
      and: [
        { field: 'status', op: 'eq', value: 'open' },
        { field: 'account.sector', op: 'eq', value: 'retail' },
      ],
    };
    const [deal] = (await premises.list<Deal>('deals', { filter, limit: 1 })).data;
    expect(deal).toBeDefined();
    const changed = await premises.request(
      'PATCH',
      `/deals/${deal?.id}`,
      { stage: 'won', amount: { amount: '1234.50', currency: 'USD' } },
      { 'if-match': `"${deal?.version}"` },
    );
    expect(changed.status).toBe(200);
    const seen = await waitFor(
      async () => {
        const there = await replica.get<Deal>(`/deals/${deal?.id}`);
        return there.status === 'won' ? there : null;
      },
      { timeoutMs: 10_000, what: 'the won deal on the replica' },
    );
    expect(seen).toMatchObject({ stage: 'won', amount: { amount: '1234.50', currency: 'USD' } });
  });

  it('takes back what leaves the policy, with all that follows', async () => {
    const [account] = (
      await premises.list<Account & { version: number }>('accounts', {
        filter: { field: 'sector', op: 'eq', value: 'retail' },
        limit: 1,
      })
    ).data;
    const id = account?.id ?? '';
    const deals = { filter: { field: 'accountId', op: 'eq', value: id }, count: 'capped', limit: 1 };
    expect((await replica.list('deals', deals)).page.count).toBeGreaterThan(0);
    const response = await premises.request(
      'PATCH',
      `/accounts/${id}`,
      { sector: 'medical' },
      { 'if-match': `"${account?.version}"` },
    );
    expect(response.status).toBe(200);
    await waitFor(async () => (await replica.request('GET', `/accounts/${id}`)).status === 404, {
      timeoutMs: 10_000,
      what: 'the account to leave the replica',
    });
    expect((await replica.list('deals', deals)).page.count).toBe(0);
  });
});

describe('a policy narrowed by two people', () => {
  it('needs the second one, makes a new generation and deletes the old', async () => {
    const { yaml } = await premises.get<{ yaml: string }>('/cloud/policy');
    const narrower = yaml
      .replace(/^version: 1$/m, 'version: 2')
      .replace('email: { pseudonym: keyed }', 'email: omit');
    const proposed = await premises.request('POST', '/cloud/policy/propose', {
      yaml: narrower,
      reason: 'less is enough',
    });
    expect(proposed.status).toBe(201);
    expect((await premises.request('POST', '/cloud/policy/2/approve')).status).toBe(403);
    const { email, password } = system.users.find(({ role }) => role === 'compliance') ?? {
      email: '',
      password: '',
    };
    const approver = await TestApi.signIn(system.primary.url, email, password);
    expect((await approver.request('POST', '/cloud/policy/2/approve')).ok).toBe(true);
    await waitFor(async () => (await replica.get<{ generation: number }>('/cloud/status')).generation === 2, {
      timeoutMs: 90_000,
      what: 'generation 2 on the replica',
    });
    const { data } = await replica.list<{ email: string | null; lastName: string }>('contacts', {
      limit: 200,
    });
    expect(data.length).toBeGreaterThan(50);
    expect(data.filter((contact) => (contact.email ?? null) !== null)).toEqual([]);
    const folder = fileURLToPath(system.bucket);
    await waitFor(async () => (await readdir(join(folder, 'm'))).join() === '00000002', {
      timeoutMs: 30_000,
      what: 'the manifests of generation 1 to go',
    });
    expect(await readdir(join(folder, 'd'))).toEqual(['00000002']);
  }, 180_000);
});

describe('what the start leaves in the home folder', () => {
  it('is readable by its owner only', async () => {
    for (const name of [
      'quickstart.json',
      'state.json',
      'config/server.yaml',
      'config/connector.yaml',
      'config/replica.yaml',
    ])
      expect((await stat(join(system.home, name))).mode & 0o777).toBe(0o600);
    expect((await stat(system.home)).mode & 0o777).toBe(0o700);
  });

  it('lets each of the people sign in on both servers', async () => {
    for (const { email, password } of system.users)
      for (const url of [system.primary.url, system.replica.url]) {
        const response = await fetch(`${url}/api/v1/auth/sign-in`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        });
        expect([email, url, response.status]).toEqual([email, url, 200]);
      }
  });
});
