// Many records leave the cloud copy at once: the page says so, and an administrator lets out what was seen.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { TestApi, waitFor } from '../support/index.js';
import { axeViolations, openBrowser, openSystem, signedIn, userWith, type Stored } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let api: TestApi;
let browser: Browser;
let page: Page;
let accounts: (Stored & { sector: string })[];

beforeAll(async () => {
  system = await openSystem();
  api = new TestApi(system.primary.url, system.apiToken);
  browser = await openBrowser();
  const filter = encodeURIComponent(JSON.stringify({ field: 'sector', op: 'eq', value: 'retail' }));
  accounts = (await api.get<{ data: typeof accounts }>(`/accounts?limit=12&filter=${filter}`)).data;
}, 300_000);

afterAll(async () => {
  await move('retail');
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

/** Under one batch, as an import would: the connector waits meanwhile. */
async function move(sector: string): Promise<void> {
  await api.request('POST', '/cloud/pause', {});
  for (const { id } of accounts) {
    const patched = await api.request('PATCH', `/accounts/${id}`, { sector }, { 'if-match': '*' });
    if (!patched.ok) throw new Error(`PATCH answered ${String(patched.status)}`);
  }
  await api.request('POST', '/cloud/resume', {});
}

const isHeld = async () => (await api.get<{ brake: object | null }>('/cloud/status')).brake !== null;
const becomes = (held: boolean) =>
  waitFor(async () => (await isHeld()) === held, { timeoutMs: 60_000, what: `held: ${String(held)}` });

async function openCloud(role: string): Promise<void> {
  page = await signedIn(browser, system.primary.url, userWith(system, role));
  await page.goto(`${system.primary.url}/cloud`);
}

describe('the brake', () => {
  it('is on the page with what it holds, and goes from it when the mistake is undone', async () => {
    await move('medical');
    await becomes(true);
    await openCloud('administrator');
    const notice = page.getByRole('alert').filter({ hasText: 'Deletes wait for a person' });
    await notice.getByText(/Accounts: 12/).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await move('retail');
    await notice.waitFor({ state: 'detached' });
    expect(await isHeld()).toBe(false);
  });

  it('lets out what was seen, when a person says so', async () => {
    await move('medical');
    await becomes(true);
    await openCloud('administrator');
    await page.getByRole('button', { name: 'Look at it' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete these from the cloud copy?' });
    await dialog.getByText('Accounts', { exact: true }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole('textbox').fill('they are sold');
    await dialog.getByRole('button', { name: /^Let [\d,]+ deletes out$/ }).click();
    await dialog.waitFor({ state: 'detached' });
    await becomes(false);
    const there = await waitFor(
      async () => {
        const { types } = await api.get<{ types: { type: string; published: number; withheld: number }[] }>(
          '/cloud/status',
        );
        const account = types.find(({ type }) => type === 'account');
        return account && account.withheld >= accounts.length ? account : null;
      },
      { timeoutMs: 60_000, what: 'the accounts to stay home' },
    );
    expect(there.published).toBeGreaterThan(0);
  });

  it('says what leaves of one record', async () => {
    await openCloud('administrator');
    await page.getByText('Try a record').click();
    await page.getByRole('textbox', { name: 'Id of the record' }).fill(accounts[0]?.id ?? '');
    await page.getByRole('button', { name: 'What leaves?' }).click();
    await page.getByText('It does not meet the condition.').waitFor();
  });
});
