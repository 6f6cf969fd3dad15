// The board of deals as people use it: by mouse, by finger, by keyboard, by menu, and against a colleague.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { TestApi } from '../support/index.js';
import {
  axeViolations,
  change,
  create,
  openBrowser,
  openSystem,
  phone,
  signedIn,
  userWith,
} from './support.js';

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

afterEach(() => page.context().close());

/** so that a second run on the same system finds its own deals */
const run = Date.now().toString(36);
const day = (fromNow: number) => new Date(Date.now() + fromNow * 86_400_000).toISOString().slice(0, 10);

/** A deal of its own for each test; the search brings it to the top of its column. */
async function boardWith(name: string, options?: Parameters<typeof signedIn>[3]) {
  const deal = await create(system, 'deals', {
    name,
    stage: 'prospecting',
    amount: { amount: '1200.00', currency: 'USD' },
    closeDate: day(30),
  });
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'), options);
  await page.goto(`${system.primary.url}/deals/board?q=${encodeURIComponent(name)}`);
  await card('prospecting', name).waitFor();
  return deal;
}

const column = (stage: string) => page.locator(`[data-stage=${stage}]`);
const card = (stage: string, name: string) => column(stage).locator('.deal-card', { hasText: name });
const stageOf = async (id: string) => {
  const response = await new TestApi(system.primary.url, system.apiToken).request('GET', `/deals/${id}`);
  return (await response.json()) as { stage: string; status: string; closeDate: string; probability: number };
};

async function centre(of: Locator) {
  const box = await of.boundingBox();
  if (!box) throw new Error('not on the screen');
  return { x: box.x + box.width / 2, y: box.y + Math.min(80, box.height / 2) };
}

async function dragByMouse(from: Locator, to: Locator) {
  const [start, end] = [await centre(from), await centre(to)];
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 12, start.y + 4, { steps: 3 });
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await to.and(page.locator('.over')).waitFor();
  await page.mouse.up();
}

/** Chromium's own touch events. The finger goes to the edge, where the board scrolls on under it. */
async function dragByFinger(from: Locator, stage: string) {
  const start = await centre(from);
  const edgeX = (page.viewportSize()?.width ?? 0) - 4;
  const client = await page.context().newCDPSession(page);
  const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number, y: number) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  await send('touchStart', start.x, start.y);
  await page.locator('.deal-card.lifted').waitFor();
  for (const part of [0.25, 0.5, 0.75, 1])
    await send('touchMove', start.x + (edgeX - start.x) * part, start.y);
  await column(stage).and(page.locator('.over')).waitFor();
  await send('touchEnd', edgeX, start.y);
}

describe('moving a deal on the board', () => {
  it('is done with the mouse, even into a folded column, and taken back with what came along', async () => {
    const deal = await boardWith(`by mouse ${run}`);
    const before = await stageOf(deal.id);
    await dragByMouse(card('prospecting', `by mouse ${run}`), column('won'));
    await page.getByText(`by mouse ${run} is now in Won.`).waitFor();
    expect(await stageOf(deal.id)).toMatchObject({ stage: 'won', status: 'won', closeDate: day(0) });
    await page.getByRole('button', { name: 'Undo' }).click();
    await card('prospecting', `by mouse ${run}`).waitFor();
    await page.getByText(`by mouse ${run} is back in Prospecting.`).waitFor();
    expect(await stageOf(deal.id)).toMatchObject({
      stage: 'prospecting',
      closeDate: before.closeDate,
      probability: before.probability,
    });
  });

  it('is done with the keyboard, which keeps the focus on the card', async () => {
    const deal = await boardWith(`by keyboard ${run}`);
    await card('prospecting', `by keyboard ${run}`).locator('.deal-name').focus();
    await page.keyboard.press('Space');
    await page.getByText(`by keyboard ${run} is over Prospecting.`).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText(`by keyboard ${run} is over Engaging.`).waitFor();
    await page.keyboard.press('Space');
    await card('engaging', `by keyboard ${run}`).waitFor();
    await page.getByText(`by keyboard ${run} is now in Engaging.`).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe(`by keyboard ${run}`);
    expect((await stageOf(deal.id)).stage).toBe('engaging');
  });

  it('is left undone by Escape', async () => {
    const deal = await boardWith(`never mind ${run}`);
    await card('prospecting', `never mind ${run}`).locator('.deal-name').focus();
    await page.keyboard.press('Space');
    await page.getByText(`never mind ${run} is over Prospecting.`).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.getByText(`never mind ${run} is over Engaging.`).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText(`never mind ${run} stays in Prospecting.`).waitFor();
    expect((await stageOf(deal.id)).stage).toBe('prospecting');
  });

  it('is done by menu on a phone, where one column fills the screen', async () => {
    const deal = await boardWith(`by menu ${run}`, { ...phone, hasTouch: true });
    await page.getByRole('button', { name: `Move by menu ${run} to` }).tap();
    await page.getByRole('menuitem', { name: 'Engaging' }).tap();
    await page.getByText(`by menu ${run} is now in Engaging.`).waitFor();
    await page
      .getByRole('group', { name: 'Stages' })
      .getByRole('button', { name: /Engaging/ })
      .tap();
    await card('engaging', `by menu ${run}`).waitFor();
    expect((await stageOf(deal.id)).stage).toBe('engaging');
  });

  it('is done by a finger that rests on the card first, and the counts follow', async () => {
    const name = `by finger ${run}`;
    const deal = await boardWith(name, { ...phone, hasTouch: true });
    const tabs = page.getByRole('group', { name: 'Stages' });
    await tabs.getByRole('button', { name: /Prospecting\s*1$/ }).waitFor();
    await dragByFinger(card('prospecting', name), 'engaging');
    await page.getByText(`${name} is now in Engaging.`).waitFor();
    expect((await stageOf(deal.id)).stage).toBe('engaging');
    await tabs.getByRole('button', { name: /Prospecting\s*0$/ }).waitFor();
    await tabs.getByRole('button', { name: /Engaging\s*1$/ }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('is not forced on a colleague who was quicker', async () => {
    const deal = await boardWith(`both of us ${run}`);
    await change(system, 'deals', deal, { stage: 'lost' });
    await dragByMouse(card('prospecting', `both of us ${run}`), column('engaging'));
    await page.getByText(`Somebody changed both of us ${run} meanwhile. It is in Lost now.`).waitFor();
    expect(await card('engaging', `both of us ${run}`).count()).toBe(0);
    expect((await stageOf(deal.id)).stage).toBe('lost');
    await page.getByRole('button', { name: 'Move to Engaging' }).click();
    await card('engaging', `both of us ${run}`).waitFor();
    await page.getByText(`both of us ${run} is now in Engaging.`).waitFor();
    expect((await stageOf(deal.id)).stage).toBe('engaging');
  });
});

describe('the board', () => {
  it('brings more deals as one scrolls', async () => {
    page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'));
    await page.goto(`${system.primary.url}/deals/board`);
    const cards = column('engaging').locator('.deal-card[data-deal]');
    await cards.first().waitFor();
    const first = await cards.count();
    await column('engaging')
      .locator('.column-cards')
      .evaluate((list: { scrollTop: number }) => {
        list.scrollTop = 100_000;
      });
    await cards.nth(first).waitFor({ state: 'attached' });
    expect(await cards.count()).toBeGreaterThan(first);
  });

  it('keeps the filter when one turns to the table and back', async () => {
    await boardWith(`filtered ${run}`);
    await page.getByRole('link', { name: 'As a table' }).click();
    await page.locator('tbody .row-link', { hasText: `filtered ${run}` }).waitFor();
    expect(await page.locator('tbody .row-link').count()).toBe(1);
    await page.getByRole('link', { name: 'As a board' }).click();
    await card('prospecting', `filtered ${run}`).waitFor();
  });

  it('moves nothing on the replica', async () => {
    page = await signedIn(browser, system.replica.url, userWith(system, 'administrator'));
    await page.goto(`${system.replica.url}/deals/board`);
    await page.locator('.deal-card[data-deal]').first().waitFor();
    expect(await page.locator('.deal-menu, .deal-card.movable').count()).toBe(0);
  });
});
