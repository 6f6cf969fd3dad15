// A person asks to be forgotten: what left of them is shown, they are erased, and the receipt is there to be kept.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { TestApi, waitFor } from '../support/index.js';
import {
  axeViolations,
  create,
  openBrowser,
  openSystem,
  phone,
  signedIn,
  userWith,
  type Stored,
} from './support.js';

interface Listed {
  id: string;
  subject: { id: string };
  generation: number | null;
}

let system: Awaited<ReturnType<typeof openSystem>>;
let api: TestApi;
let browser: Browser;
let page: Page;
let accountId: string;
let person: Stored;

beforeAll(async () => {
  system = await openSystem();
  api = new TestApi(system.primary.url, system.apiToken);
  browser = await openBrowser();
  const filter = { field: 'sector', op: 'eq', value: 'technology' };
  accountId = (await api.list<{ id: string }>('accounts', { filter, limit: 1 })).data[0]?.id ?? '';
  person = await create(system, 'contacts', {
    firstName: 'Edda',
    lastName: 'Vanishing',
    phone: '+49 30 5550142',
    accountId,
  });
  await waitFor(() => isPublished(person.id), { timeoutMs: 60_000, what: 'the contact to leave' });
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

const isPublished = async (id: string) =>
  (await api.get<{ isPublished: boolean }>(`/cloud/records/contact/${id}/publication`)).isPublished;

/** Each change goes with a batch of its own, since the one before has left by then. */
async function makeBatches(count: number): Promise<void> {
  const left = async () => (await api.get<{ data: object[] }>('/cloud/publications?limit=200')).data.length;
  for (let made = await left(); made < count; made = await left()) {
    const before = made;
    await api.request(
      'PATCH',
      `/contacts/${person.id}`,
      { jobTitle: `step ${String(made)}` },
      { 'if-match': '*' },
    );
    await waitFor(async () => (await left()) > before, { timeoutMs: 30_000, what: 'the next batch' });
  }
}

async function open(url: string, role: string, path: string, options?: BrowserContextOptions): Promise<void> {
  page = await signedIn(browser, url, userWith(system, role), options);
  await page.goto(`${url}${path}`);
}

const panel = (title: string) =>
  page.locator('section.card').filter({ has: page.getByRole('heading', { level: 2, name: title }) });

/** The words on what became of the record. */
async function lookUp(id: string): Promise<string> {
  const answer = page.locator('.record-lookup [role=status]');
  await page.getByRole('textbox', { name: 'Its id' }).fill(id);
  await answer.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Look it up' }).click();
  return (await answer.textContent()) ?? '';
}

const menu = () => page.getByRole('button', { name: 'More actions' }).click();
const eraseItem = () => page.getByRole('menuitem', { name: 'Erase for good' });

describe('what left', () => {
  it('shows the batches of a type, and the objects of one', async () => {
    await open(system.primary.url, 'administrator', '/cloud');
    const left = panel('What left');
    await left.getByLabel('Records').first().selectOption({ label: 'Contacts' });
    const newest = left.getByRole('row').nth(1);
    await newest.getByText(/Contacts\s\+1/).waitFor();
    await newest.getByRole('button').click();
    const objects = page.getByRole('dialog', { name: /^Objects of batch \d+\/\d+$/ });
    await expect(objects.locator('li').first().textContent()).resolves.toMatch(/^d\/\d+.*[0-9a-f]{64}$/);
    expect(await axeViolations(page)).toEqual([]);
    await objects.getByRole('button', { name: 'Close' }).click();
    await left.getByLabel('Since').fill('2999-01-01T00:00');
    await left.getByText('No batch left that fits.').waitFor();
  });

  it('shows older batches at a press', async () => {
    await makeBatches(11);
    await open(system.primary.url, 'administrator', '/cloud', phone);
    const batches = panel('What left').getByRole('button', { name: /^Batch \d/ });
    await batches.nth(9).waitFor();
    expect(await batches.count()).toBe(10);
    await page.getByRole('button', { name: 'Show more batches' }).click();
    await batches.nth(10).waitFor();
    const places = await batches.locator('b').allTextContents();
    expect(new Set(places).size).toBe(places.length);
  });

  it('says of one record since when it is there, and in which form', async () => {
    await open(system.primary.url, 'administrator', '/cloud');
    const answer = await lookUp(person.id);
    expect(answer).toContain('It is there now.');
    expect(answer).toMatch(/Phone\s\(masked\)/);
    expect(await lookUp('0199a1b2-0000-7000-8000-000000000001')).toContain('has ever left');
  });
});

describe('erasing a person', () => {
  it('takes them from the list and from what the browser remembers', async () => {
    await open(system.primary.url, 'administrator', `/contacts/${person.id}`);
    await menu();
    await eraseItem().click();
    const dialog = page.getByRole('dialog', { name: 'Erase Edda Vanishing for good?' });
    await dialog.getByText('Older backups.').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await dialog.getByRole('button', { name: 'Erase for good' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('asked for under Article 17');
    await dialog.getByLabel('Urgent').check();
    await dialog.getByRole('button', { name: 'Erase for good' }).click();
    await page.waitForURL('**/contacts');
    await page.getByText('Erased for good.').waitFor();
    const kept = await page.evaluate<string>('JSON.stringify(localStorage)');
    expect(kept).toContain('holdfast.recent.');
    expect(kept).not.toContain('Vanishing');
    await page.goBack();
    await page.locator('.empty').waitFor();
    expect(await page.getByText('Vanishing').count()).toBe(0);
  });

  it('is listed with its state, and its receipt can be kept', async () => {
    await open(system.primary.url, 'administrator', '/cloud', phone);
    const ledger = panel('Erasures and receipts');
    const entry = ledger.getByRole('listitem').filter({ hasText: person.id });
    await entry.getByText('asked for under Article 17').waitFor();
    await entry.getByText(/Receipt: generation \d+/).waitFor({ timeout: 120_000 });
    expect(await axeViolations(page)).toEqual([]);
    const { data } = await api.get<{ data: Listed[] }>('/erasures');
    const erasure = data.find(({ subject }) => subject.id === person.id);
    const generation = String(erasure?.generation);
    const started = page.waitForEvent('download');
    await ledger.getByRole('button', { name: `Download the receipt of generation ${generation}` }).click();
    const download = await started;
    expect(download.suggestedFilename()).toBe(`receipt-${generation}.json`);
    const { payload } = JSON.parse(await readFile(await download.path(), 'utf8')) as { payload: string };
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
      generation: erasure?.generation,
      erasures: [{ id: erasure?.id }],
    });
  });

  it('leaves the account of what had left', async () => {
    await open(system.primary.url, 'administrator', '/cloud');
    const answer = await lookUp(person.id);
    expect(answer).toContain('It was there and has been taken out.');
    expect(answer).toContain('Taken out');
  });
});

describe('neither is offered', () => {
  it('to those who do not answer for the cloud', async () => {
    await open(system.primary.url, 'manager', `/accounts/${accountId}`);
    await menu();
    await page.getByRole('menuitem', { name: 'Copy the link' }).waitFor();
    expect(await eraseItem().count()).toBe(0);
  });

  it('of those who work with the system', async () => {
    const [user] = (await api.list<{ id: string }>('users', { limit: 1 })).data;
    await open(system.primary.url, 'administrator', `/users/${user?.id ?? ''}`);
    await menu();
    await page.getByRole('menuitem', { name: 'Copy the link' }).waitFor();
    expect(await eraseItem().count()).toBe(0);
  });

  it('on a replica', async () => {
    await open(system.replica.url, 'administrator', `/accounts/${accountId}`);
    await menu();
    await page.getByRole('menuitem', { name: 'Copy the link' }).waitFor();
    expect(await eraseItem().count()).toBe(0);
    await page.goto(`${system.replica.url}/cloud`);
    await page.getByRole('heading', { name: 'What is in this copy' }).waitFor();
    expect(await page.getByRole('heading', { name: /What left|Erasures/ }).count()).toBe(0);
  });
});
