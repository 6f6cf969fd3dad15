// An administrator arranges pipelines and stages; the board follows.
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

const names = (pipeline: string) =>
  page
    .getByRole('region', { name: pipeline })
    .getByRole('textbox', { name: /^Name of .*/ })
    .evaluateAll((inputs) => inputs.slice(1).map((input) => (input as unknown as { value: string }).value));

describe('pipelines', () => {
  it('are added with stages, which are renamed and put in order, and become a board', async () => {
    const pipeline = `Partners ${run}`;
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/pipelines`);
    await page.getByRole('textbox', { name: 'New pipeline' }).fill(pipeline);
    await page.keyboard.press('Enter');
    const card = page.getByRole('region', { name: pipeline });
    for (const stage of ['Talks', 'Signed']) {
      await card.getByRole('textbox', { name: 'New stage' }).fill(stage);
      await page.keyboard.press('Enter');
      await card.getByRole('textbox', { name: `Name of ${stage}` }).waitFor();
    }
    await card.getByRole('textbox', { name: 'Name of Talks' }).fill('First talks');
    await page.keyboard.press('Enter');
    await card.getByRole('button', { name: 'Move First talks down' }).click();
    await card.getByRole('button', { name: 'Move First talks down', disabled: true }).waitFor();
    await expect(names(pipeline)).resolves.toEqual(['Signed', 'First talks']);
    await card.getByRole('link', { name: 'Open the board' }).click();
    await page.getByRole('region', { name: 'First talks' }).waitFor();
    await expect(
      page.getByRole('combobox', { name: 'Pipeline' }).locator('option:checked').textContent(),
    ).resolves.toBe(pipeline);
  });

  it('keep a stage as long as deals are in it', async () => {
    await create(system, 'deals', { name: `Kept ${run}`, stage: 'engaging' });
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/pipelines`);
    await page.getByRole('button', { name: 'Delete the stage Engaging' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete the stage Engaging' });
    await dialog.getByText(/deals are in this stage/).waitFor();
    await expect(dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).resolves.toBe(
      true,
    );
  });

  it('are not offered to people who may only use them', async () => {
    page = await signedIn(browser, system.primary.url, userWith(system, 'sales'));
    expect(await page.getByRole('link', { name: 'Pipelines' }).count()).toBe(0);
  });
});
