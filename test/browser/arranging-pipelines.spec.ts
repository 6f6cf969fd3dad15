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

  it('let a stage go only together with a word on where its deals go', async () => {
    const first = await create(system, 'pipelines', {
      name: `Short ${run}`,
      key: `short-${run}`,
      position: 9,
    });
    const stage = { pipelineId: first.id, probability: 10 };
    await create(system, 'stages', { ...stage, name: `Old ${run}`, key: 'old', position: 1 });
    await create(system, 'stages', { ...stage, name: `Kept ${run}`, key: 'kept', position: 2 });
    const deal = { name: `Moved ${run}`, pipelineId: first.id, stage: 'old' };
    const { id } = await create(system, 'deals', deal);
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/pipelines`);
    await page.getByRole('button', { name: `Delete the stage Old ${run}` }).click();
    const dialog = page.getByRole('dialog', { name: `Delete the stage Old ${run}` });
    await dialog.getByText('1 deal is in this stage.').waitFor();
    await dialog.getByRole('combobox', { name: 'Where they go' }).selectOption({ label: `Kept ${run}` });
    await dialog.getByRole('button', { name: 'Move them and delete' }).click();
    await page.getByRole('textbox', { name: `Name of Old ${run}` }).waitFor({ state: 'detached' });
    await page.goto(`${system.primary.url}/deals/${id}`);
    await page.locator('.page-head').getByText(`Kept ${run}`).waitFor();
  });

  it('are not offered to people who may only use them', async () => {
    page = await signedIn(browser, system.primary.url, userWith(system, 'sales'));
    expect(await page.getByRole('link', { name: 'Pipelines' }).count()).toBe(0);
  });
});
