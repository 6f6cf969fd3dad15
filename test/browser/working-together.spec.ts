// People around a record: a note that names a colleague, following what happens, and views one saves and shares.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { axeViolations, change, create, openBrowser, openSystem, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
const pages: Page[] = [];
const run = Date.now().toString(36);

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
});

async function signIn(role: string, path = '/') {
  const page = await signedIn(browser, system.primary.url, userWith(system, role));
  pages.push(page);
  if (path !== '/') await page.goto(`${system.primary.url}${path}`);
  return page;
}

describe('a note', () => {
  it('names a colleague, who finds it on the start page until it is read', async () => {
    const { id } = await create(system, 'deals', { name: `Mentioned ${run}`, stage: 'engaging' });
    const writer = await signIn('manager', `/deals/${id}`);
    await writer.getByLabel('Write a note').pressSequentially(`Look here ${run}, @Ada`);
    await writer.getByRole('option', { name: 'Ada Administrator' }).click();
    await writer.getByRole('button', { name: 'Add', exact: true }).click();
    await writer.locator('.timeline').getByRole('link', { name: '@Ada Administrator' }).waitFor();
    const reader = await signIn('administrator');
    const panel = reader.getByRole('region', { name: 'You were mentioned' });
    await panel.getByText(`Look here ${run}, @Ada Administrator`).click();
    await reader.getByRole('heading', { level: 1, name: `Mentioned ${run}` }).waitFor();
    await reader.goto(system.primary.url);
    await reader.getByRole('heading', { name: 'Tasks due' }).waitFor();
    expect(await panel.getByText(`Look here ${run}`).count()).toBe(0);
  });
});

describe('a followed record', () => {
  it('tells on the start page what changed', async () => {
    const deal = await create(system, 'deals', { name: `Followed ${run}`, stage: 'prospecting' });
    const page = await signIn('manager', `/deals/${deal.id}`);
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    await page.getByRole('button', { name: 'Follow', exact: true, pressed: true }).waitFor();
    await change(system, 'deals', deal, { stage: 'engaging' });
    await page.goto(system.primary.url);
    await page
      .getByRole('region', { name: 'What you follow' })
      .getByText(`Followed ${run}`)
      .first()
      .waitFor();
  });
});

describe('a saved view', () => {
  it('brings back filter and order, and is there for those it is shared with', async () => {
    const name = `Won first ${run}`;
    const page = await signIn('administrator', '/deals');
    await page.getByRole('button', { name: 'Status' }).click();
    await page.getByRole('checkbox', { name: 'Won' }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Amount' }).click();
    await page.waitForURL(/sort=amount/);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    const dialog = page.getByRole('dialog', { name: 'Save this view' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('combobox', { name: 'Who else may use it' }).selectOption({ label: 'Everyone' });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name }).waitFor();
    const other = await signIn('manager', '/deals');
    await other.getByRole('button', { name: 'Views' }).click();
    await other.getByRole('menuitem', { name: new RegExp(name) }).click();
    await other.locator('th[aria-sort=ascending]', { hasText: 'Amount' }).waitFor();
    await other.getByRole('button', { name: 'Status: Won' }).waitFor();
    await other.getByRole('button', { name }).click();
    await other.getByRole('menuitem', { name: 'Open this list with it' }).waitFor();
    expect(await other.getByRole('menuitem', { name: /^(Rename|Delete) / }).count()).toBe(0);
  });

  it('is renamed, opens the list for as long as one wants it to, and is deleted', async () => {
    const [old, name] = [`Draft ${run}`, `Lost ones ${run}`];
    const page = await signIn('administrator', '/deals?status=lost');
    const choose = async (item: string | RegExp) => {
      await page.locator('.list-head .facet-face').click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await choose('Save this view');
    const saving = page.getByRole('dialog', { name: 'Save this view' });
    await saving.getByRole('textbox', { name: 'Name' }).fill(old);
    await saving.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: old }).waitFor();
    await choose(`Rename ${old}`);
    const renaming = page.getByRole('dialog', { name: `Rename ${old}` });
    await renaming.getByRole('textbox', { name: 'Name' }).fill(name);
    expect(await axeViolations(page)).toEqual([]);
    await renaming.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name }).waitFor();
    await choose('Open this list with it');
    await page.locator('.list-head .facet-face').click();
    await page.getByRole('menuitem', { name: 'No longer open this list with it' }).waitFor();
    await page.goto(`${system.primary.url}/deals`);
    await page.waitForURL(/view=/);
    await choose('No longer open this list with it');
    await page.locator('.list-head .facet-face').click();
    await page.getByRole('menuitem', { name: /^Open this list with it/ }).waitFor();
    await page.getByRole('menuitem', { name: `Delete ${name}` }).click();
    await page.locator('.list-head .facet-face', { hasText: 'Views' }).waitFor();
    await page.locator('.list-head .facet-face').click();
    await page.getByRole('menuitem', { name: 'Save this view' }).waitFor();
    expect(await page.getByRole('menuitem', { name: new RegExp(name) }).count()).toBe(0);
  });
});
