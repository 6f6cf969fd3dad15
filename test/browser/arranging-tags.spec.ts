// An administrator colours, renames, merges and removes tags; the records follow.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { waitFor } from '../support/index.js';
import { create, openBrowser, openSystem, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let page: Page;
const run = Date.now().toString(36);
const named = (name: string): string => `${name} ${run}`;

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

async function openTags(): Promise<void> {
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
  await page.getByRole('link', { name: 'Tags', exact: true }).click();
  await page.getByRole('searchbox', { name: 'Find a tag' }).fill(run);
}

async function tagsOf(id: string): Promise<string[]> {
  const answer = await fetch(`${system.primary.url}/api/v1/accounts/${id}?fields=tags`, {
    headers: { authorization: `Bearer ${system.apiToken}` },
  });
  return ((await answer.json()) as { tags: string[] }).tags;
}

const carries = (id: string, wanted: string[]) =>
  waitFor(async () => (await tagsOf(id)).join() === wanted.join(), {
    timeoutMs: 30_000,
    what: `the tags ${wanted.join()}`,
  });

describe('tags', () => {
  it('are added, coloured and renamed, on every record', async () => {
    const { id } = await create(system, 'accounts', { name: named('Tagged'), tags: [named('vip')] });
    await openTags();
    await page.getByRole('textbox', { name: 'New tag' }).fill(named('press'));
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: `Name of ${named('press')}` }).waitFor();
    await page.getByLabel(`Colour of ${named('vip')}`).fill('#b33951');
    await page.getByRole('button', { name: `Take the colour off ${named('vip')}` }).waitFor();
    const name = page.getByRole('textbox', { name: `Name of ${named('vip')}` });
    await name.fill(named('Important'));
    await name.press('Enter');
    await page.getByRole('textbox', { name: `Name of ${named('Important')}` }).waitFor();
    await carries(id, [named('Important')]);
    await page.goto(`${system.primary.url}/accounts/${id}`);
    const isColoured = '[style*="rgb(179, 57, 81)"]';
    const chip = page.locator('.tag', { hasText: named('Important') }).first();
    await chip.locator(`.tag-dot${isColoured}`).waitFor();
  });

  it('say so where a name is taken, and keep the old one', async () => {
    await create(system, 'accounts', { name: named('Two'), tags: [named('one'), named('two')] });
    await openTags();
    const name = page.getByRole('textbox', { name: `Name of ${named('two')}` });
    await name.fill(named('ONE'));
    await name.press('Enter');
    await page.getByText('is taken by another tag').waitFor();
    await page.getByRole('textbox', { name: `Name of ${named('two')}` }).waitFor();
  });

  it('are merged into another, or taken off', async () => {
    const tags = [named('client'), named('customer'), named('stale')];
    const { id } = await create(system, 'accounts', { name: named('Merged'), tags });
    await openTags();
    await page.getByRole('button', { name: `Delete the tag ${named('client')}` }).click();
    const dialog = page.getByRole('dialog', { name: `Delete the tag ${named('client')}` });
    await dialog
      .getByRole('combobox', { name: 'Put in its place' })
      .selectOption({ label: named('customer') });
    await dialog.getByRole('button', { name: 'Merge' }).click();
    await dialog.waitFor({ state: 'detached' });
    await carries(id, [named('customer'), named('stale')]);
    await page.getByRole('button', { name: `Delete the tag ${named('stale')}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('textbox', { name: `Name of ${named('stale')}` }).waitFor({ state: 'detached' });
    await carries(id, [named('customer')]);
  });

  it('are not offered to people who may only use them', async () => {
    page = await signedIn(browser, system.primary.url, userWith(system, 'sales'));
    expect(await page.getByRole('link', { name: 'Tags', exact: true }).count()).toBe(0);
  });
});
