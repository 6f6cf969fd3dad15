// Leads and campaigns by hand: enter a lead, put it into a campaign, see it from both sides.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { axeViolations, create, openBrowser, openSystem, signedIn, userWith } from './support.js';

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

describe('a campaign', () => {
  it('takes a lead as a member, which shows on both', async () => {
    const campaign = await create(system, 'campaigns', { name: `Fair ${run}`, kind: 'event' });
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/leads`);
    await page.getByRole('button', { name: 'New lead' }).click();
    await page.getByLabel('First name').fill('Mara');
    await page.getByLabel('Last name').fill(`Okafor ${run}`);
    await page.getByLabel('Company').fill('Northwind Clinics');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: `Mara Okafor ${run}` }).waitFor();
    await page.goto(`${system.primary.url}/campaigns/${campaign.id}?tab=campaign-members`);
    await page.getByRole('button', { name: 'Add a member' }).click();
    await page.getByRole('combobox', { name: 'Lead' }).fill(run);
    await page.getByRole('option', { name: `Mara Okafor ${run}` }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.goto(`${system.primary.url}/campaigns/${campaign.id}?tab=campaign-members`);
    await page.getByRole('link', { name: `Mara Okafor ${run}` }).click();
    await page.getByRole('tab', { name: /Campaigns 1/ }).click();
    await page.getByRole('link', { name: `Fair ${run}` }).waitFor();
  });
});

describe('a lead', () => {
  it('becomes an account, a contact and a deal, once', async () => {
    const name = { firstName: 'Jens', lastName: `Brugger ${run}` };
    const lead = await create(system, 'leads', {
      ...name,
      company: `Brugger Works ${run}`,
      status: 'qualified',
    });
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/leads/${lead.id}`);
    await page.getByRole('button', { name: 'Convert' }).click();
    const dialog = page.getByRole('dialog', { name: `Convert Jens Brugger ${run}` });
    await dialog.getByRole('radio', { name: `Brugger Works ${run} becomes a new account` }).waitFor();
    await dialog.getByRole('textbox', { name: 'Amount' }).fill('1500');
    await dialog.getByRole('combobox', { name: 'Currency' }).selectOption('EUR');
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Convert' }).click();
    await page.getByRole('heading', { level: 1, name: `Brugger Works ${run}` }).waitFor();
    await page.locator('.rail').getByText('€1,500.00').waitFor();
    await page
      .locator('.rail')
      .getByRole('link', { name: `Jens Brugger ${run}` })
      .waitFor();
    await page.goto(`${system.primary.url}/leads/${lead.id}`);
    await page.locator('.page-head').getByText('Converted').waitFor();
    expect(await page.getByRole('button', { name: 'Convert' }).count()).toBe(0);
  });
});
