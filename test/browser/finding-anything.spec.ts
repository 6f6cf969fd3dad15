// One search for everything: from the keyboard, as one types, with what was opened last, and on a page of its own.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { create, openBrowser, openSystem, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let page: Page;
const run = Date.now().toString(36);

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
  await create(system, 'contacts', { firstName: 'Zoë', lastName: `Quill${run}`, jobTitle: 'Buyer' });
  await create(system, 'deals', { name: `Quill${run} renewal`, stage: 'engaging', tags: [`tag${run}`] });
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

async function open(path = '/') {
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
  if (path !== '/') await page.goto(`${system.primary.url}${path}`);
}

describe('finding anything', () => {
  it('starts with a slash and groups what it finds by type', async () => {
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type(`quill${run}`);
    const results = page.getByRole('listbox', { name: 'Results' });
    await results.getByRole('group', { name: 'Contacts' }).getByText('Zoë').waitFor();
    await results.getByRole('group', { name: 'Deals' }).getByText('renewal').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: new RegExp(`Quill${run}`) }).waitFor();
  });

  it('looks past accents', async () => {
    await open();
    await page.keyboard.press('Control+k');
    await page.keyboard.type(`zoe quill${run}`);
    await page.getByRole('option', { name: `Zoë Quill${run} Buyer` }).waitFor();
  });

  it('remembers what was opened last, until one signs out', async () => {
    await open('/contacts');
    await page.getByRole('searchbox').first().fill(`Quill${run}`);
    await page.getByRole('link', { name: new RegExp(`Quill${run}`) }).click();
    await page.getByRole('heading', { level: 1, name: new RegExp(`Quill${run}`) }).waitFor();
    await page.keyboard.press('Control+k');
    const recent = page.getByRole('group', { name: 'Opened last' });
    await recent.getByRole('option', { name: new RegExp(`Quill${run}`) }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /Ada|Administrator/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.locator('input[name=email]').waitFor();
    expect(await page.evaluate('Object.keys(localStorage).filter((key) => key.includes("recent"))')).toEqual(
      [],
    );
  });

  it('has a page of its own, which can be narrowed to one type and sent as a link', async () => {
    await open(`/search?q=quill${run}`);
    await page.getByRole('region', { name: 'Contacts' }).waitFor();
    await page.getByRole('button', { name: 'Deals', exact: true }).click();
    await page.getByRole('region', { name: 'Contacts' }).waitFor({ state: 'detached' });
    await page.reload();
    await page
      .getByRole('region', { name: 'Deals' })
      .getByRole('link', { name: /renewal/ })
      .click();
    await page.getByRole('heading', { level: 1, name: `Quill${run} renewal` }).waitFor();
  });

  it('finds by tag, which is given in the form with suggestions', async () => {
    const { id } = await create(system, 'deals', { name: `Tagged ${run}`, stage: 'engaging' });
    await open(`/deals/${id}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('combobox', { name: 'Tags' }).fill(`tag${run.slice(0, 4)}`);
    await page.getByRole('option', { name: `tag${run}`, exact: true }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.rail .tag', { hasText: `tag${run}` }).waitFor();
    await page.goto(`${system.primary.url}/deals`);
    await page.getByRole('button', { name: 'Tags' }).click();
    await page.getByRole('searchbox', { name: 'Find' }).fill(`tag${run}`);
    await page.getByRole('checkbox', { name: `tag${run}` }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: `Tagged ${run}` }).waitFor();
    await page.locator('.list-frame[aria-busy=false]').waitFor();
    expect(await page.locator('tbody .row-link').count()).toBe(2);
  });
});
