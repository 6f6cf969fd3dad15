// The whole story: a colleague changes a deal on premises, a remote person sees it in the cloud copy.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { TestApi, waitFor } from '../support/index.js';
import { create, openBrowser, openSystem, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let remote: Page;

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
  remote = await signedIn(browser, system.replica.url, userWith(system, 'administrator'));
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

describe('on the replica', () => {
  it('a change made on premises in the browser appears within seconds', async () => {
    const premises = new TestApi(system.primary.url, system.apiToken);
    const filter = { field: 'sector', op: 'eq', value: 'technology' };
    const account = (await premises.list<{ id: string }>('accounts', { filter, limit: 1 })).data[0];
    const { id } = await create(system, 'deals', {
      name: 'Story: before',
      stage: 'engaging',
      accountId: account?.id,
    });
    const here = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await here.goto(`${system.primary.url}/deals/${id}`);
    await here.getByRole('button', { name: 'Edit' }).click();
    await here.getByLabel('Name').fill('Story: after');
    await here.getByRole('button', { name: 'Save' }).click();
    await here.getByRole('heading', { level: 1, name: 'Story: after' }).waitFor();
    const seen = await waitFor(
      async () => {
        await remote.goto(`${system.replica.url}/deals/${id}`);
        const title = remote.getByRole('heading', { level: 1 });
        await title.or(remote.locator('.empty')).first().waitFor();
        return (await title.count()) > 0 && (await title.textContent()) === 'Story: after' ? true : null;
      },
      { timeoutMs: 30_000, what: 'the changed deal on the replica' },
    );
    expect(seen).toBe(true);
  });

  it('a banner says how old the data is, and nothing offers to write', async () => {
    await remote.goto(`${system.replica.url}/deals`);
    await remote.locator('tbody .row-link').first().waitFor();
    await expect(remote.locator('.banner').textContent()).resolves.toMatch(
      /Read-only replica · as of .*behind/,
    );
    expect(await remote.getByRole('button', { name: 'New deal' }).count()).toBe(0);
    await remote.locator('tbody .row-link').first().click();
    await remote.locator('.timeline, .empty').first().waitFor();
    expect(await remote.getByRole('button', { name: 'Edit' }).count()).toBe(0);
    expect(await remote.locator('.composer').count()).toBe(0);
  });

  it('what the policy keeps home is named, not shown as empty', async () => {
    const api = new TestApi(system.replica.url, system.replica.apiToken);
    const [account] = await api.all<{ id: string }>('accounts');
    await remote.goto(`${system.replica.url}/accounts/${account?.id ?? ''}`);
    const notes = remote.locator('.omitted');
    await expect(notes.filter({ hasText: 'Not in the cloud copy' }).textContent()).resolves.toMatch(
      /Revenue/,
    );
    await expect(notes.filter({ hasText: 'Not as at home' }).textContent()).resolves.toMatch(/Phone/);
  });

  it('nothing arrives while an administrator holds the connector, and all of it afterwards', async () => {
    const here = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await here.goto(`${system.primary.url}/cloud`);
    await here.getByRole('button', { name: 'Pause' }).click();
    const dialog = here.getByRole('dialog', { name: 'Pause the connector' });
    await dialog.getByRole('textbox', { name: 'Why' }).fill('a look at the bucket');
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await here.locator('.badge', { hasText: 'Paused' }).waitFor();
    const api = new TestApi(system.replica.url, system.replica.apiToken);
    const { id } = await create(system, 'products', { name: 'Held at home', code: 'HELD-1' });
    const isThere = async () => (await api.request('GET', `/products/${id}`)).status === 200;
    const waits = here.locator('.figures').getByText(/^[1-9]\d* changes?$/);
    await waits.waitFor();
    expect(await isThere()).toBe(false);
    await here.getByRole('button', { name: 'Resume' }).click();
    await here.locator('.badge', { hasText: 'Running' }).waitFor();
    await waitFor(isThere, { timeoutMs: 30_000, what: 'the product on the replica' });
    await here.context().close();
  });
});
