// What staff do all day, by hand and eye: find, open, change, undo.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import {
  change,
  create,
  openBrowser,
  openSystem,
  phone,
  scriptBytes,
  signedIn,
  userWith,
} from './support.js';

const kilobytes = 1000;
let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

const open = async (path: string, options?: Parameters<typeof signedIn>[3]) => {
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'), options);
  await page.goto(`${system.primary.url}${path}`);
};
afterEach(() => page.context().close());

/** The rows of the last choice are there, not those shown while they were awaited. */
const settled = () => page.locator('.list-frame[aria-busy=false]').waitFor();
const rows = () => page.locator('tbody .row-link');

const newDeal = (name: string) =>
  create(system, 'deals', { name, stage: 'engaging', amount: { amount: '100.00', currency: 'USD' } });

describe('signing in', () => {
  it('needs little JavaScript and says in words what was wrong', async () => {
    const context = await browser.newContext({ locale: 'en' });
    page = await context.newPage();
    await page.goto(system.primary.url);
    await page.locator('input[name=email]').waitFor();
    expect(await scriptBytes(page)).toBeLessThan(250 * kilobytes);
    await page.locator('input[name=email]').fill('nobody@example.com');
    await page.locator('input[name=password]').fill('not the password');
    await page.locator('button[type=submit]').click();
    await expect(page.locator('[role=alert]').textContent()).resolves.toMatch(/wrong/);
  });
});

describe('a list', () => {
  it('shows rows under the budget for JavaScript and hardly moves while it loads', async () => {
    await open('/deals');
    await rows().first().waitFor();
    expect(await rows().count()).toBe(50);
    expect(await scriptBytes(page)).toBeLessThan(450 * kilobytes);
    const shift = await page.evaluate<number>(
      `new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 500);
      })`,
    );
    expect(shift).toBeLessThan(0.05);
  });

  it('keeps filter, order and page in the address and finds the way back', async () => {
    await open('/deals');
    await page.getByRole('button', { name: 'Status' }).click();
    await page.getByRole('checkbox', { name: 'Won' }).check();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Amount' }).click();
    await page.waitForURL(/sort=amount/);
    await page.getByText(/4,238 deals/).waitFor();
    await page.locator('th[aria-sort=ascending]', { hasText: 'Amount' }).waitFor();
    await settled();
    const first = await rows().first().getAttribute('href');
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('51 to 100').waitFor();
    await page.reload();
    await page.getByText('51 to 100').waitFor();
    await page.getByRole('button', { name: 'Previous page' }).click();
    await page.getByText('1 to 50').waitFor();
    await settled();
    await expect(rows().first().getAttribute('href')).resolves.toBe(first);
  });

  it('shows cards on a phone', async () => {
    await open('/deals', phone);
    await page.locator('.record-card-title').first().waitFor();
    expect(await page.locator('table').count()).toBe(0);
  });
});

describe('a record', () => {
  it('is changed in the form, and its history says so', async () => {
    const { id } = await newDeal('Browser: change me');
    await open(`/deals/${id}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Name').fill('Browser: changed');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'Browser: changed' }).waitFor();
    await page.locator('.changes').getByText('Browser: changed').waitFor();
  });

  it('is not overwritten when somebody else was quicker', async () => {
    const deal = await newDeal('Browser: both change me');
    await open(`/deals/${deal.id}`);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Name').fill('Browser: mine');
    await change(system, 'deals', deal, { name: 'Browser: theirs' });
    await page.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog', { name: /Somebody changed this/ });
    await dialog.getByText('Browser: theirs').waitFor();
    await dialog.getByText('Browser: mine').waitFor();
    await dialog.getByRole('button', { name: 'Save this choice' }).click();
    await page.getByRole('heading', { level: 1, name: 'Browser: mine' }).waitFor();
  });

  it('comes back from the recycle bin with one click', async () => {
    const { id } = await newDeal('Browser: delete me');
    await open(`/deals/${id}`);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText(/is in the recycle bin/).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForURL(`**/deals/${id}`);
    await page.getByRole('heading', { level: 1, name: 'Browser: delete me' }).waitFor();
  });

  it('takes a note without pushing the history away', async () => {
    const { id } = await newDeal('Browser: note on me');
    await open(`/deals/${id}`);
    await page.getByLabel('Write a note').fill('They want two sites');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('.timeline').getByText('They want two sites').waitFor();
  });
});

describe('the keyboard', () => {
  it('jumps to an account by Ctrl-K, a name and Enter', async () => {
    await open('/');
    await page.locator('.panel').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Cancity');
    await page
      .getByRole('group', { name: 'Accounts' })
      .getByRole('option', { name: /^Cancity/ })
      .waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Cancity' }).waitFor();
  });
});
