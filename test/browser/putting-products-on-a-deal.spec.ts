// The lines of a deal, edited like a spreadsheet, and the amount that follows them.
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
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

async function openDeal(name: string) {
  const price = { amount: '250.00', currency: 'USD' };
  await create(system, 'products', { name: `${name} product`, code: name, price, active: true });
  const { id } = await create(system, 'deals', { name, stage: 'engaging' });
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
  await page.goto(`${system.primary.url}/deals/${id}?tab=deal-lines`);
}

async function addProduct(name: string) {
  await page.getByRole('combobox', { name: 'Add a product' }).fill(name);
  await page.getByRole('option', { name }).click();
  await page.getByRole('textbox', { name: `Quantity of ${name}` }).waitFor();
}

const amount = () => page.locator('.lines tfoot .number');
const rail = (text: string) => page.locator('.rail').getByText(text);

describe('products on a deal', () => {
  it('bring their price along, and the amount of the deal is their sum', async () => {
    const name = `Lines ${run}`;
    await openDeal(name);
    await addProduct(`${name} product`);
    await rail('$250.00').waitFor();
    await page.getByRole('textbox', { name: `Quantity of ${name} product` }).fill('3');
    await page.getByRole('textbox', { name: `Discount, % of ${name} product` }).fill('10');
    await page.keyboard.press('Enter');
    await rail('$675.00').waitFor();
    await expect(amount().textContent()).resolves.toBe('$675.00');
  });

  it('are taken off with one click and come back with another', async () => {
    const name = `Off ${run}`;
    await openDeal(name);
    await addProduct(`${name} product`);
    await page.getByRole('button', { name: `Remove ${name} product` }).click();
    await page.getByText('No products on this deal').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('textbox', { name: `Quantity of ${name} product` }).waitFor();
    await rail('$250.00').waitFor();
  });
});
