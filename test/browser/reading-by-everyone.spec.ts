// Every screen in every language and theme, at a desk and on a phone, as axe-core sees it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { TestApi } from '../support/index.js';
import {
  axeViolations,
  create,
  desktop,
  openBrowser,
  openSystem,
  phone,
  signedIn,
  userWith,
} from './support.js';

const content =
  '.found, .pipeline, .lines, .deal-card[data-deal], .row-link, .record-card-title, .entry, .empty, .yaml, .panel-rows';
let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let screens: string[];

beforeAll(async () => {
  system = await openSystem();
  browser = await openBrowser();
  const api = new TestApi(system.primary.url, system.apiToken);
  await create(system, 'leads', {
    firstName: 'Mara',
    lastName: 'Okafor',
    company: 'Northwind',
    status: 'new',
  });
  await create(system, 'campaigns', { name: 'Spring fair', kind: 'event', tags: ['fair'] });
  const nouns = ['accounts', 'deals', 'cases', 'contacts', 'leads', 'campaigns'];
  const records = await Promise.all(
    nouns.map(
      async (plural) =>
        `/${plural}/${(await api.list<{ id: string }>(plural, { limit: 1 })).data[0]?.id ?? ''}`,
    ),
  );
  screens = [
    '/',
    ...nouns.map((plural) => `/${plural}`),
    '/deals/board',
    '/pipelines',
    '/search?q=fair',
    '/users',
    '/cloud',
    ...records,
    `${records[1] ?? ''}?tab=deal-lines`,
  ];
}, 300_000);

afterAll(async () => {
  await browser.close();
  await system.stop();
}, 60_000);

async function look(page: Page, path: string): Promise<string[]> {
  await page.goto(`${system.primary.url}${path}`);
  await page.locator(content).first().waitFor();
  return (await axeViolations(page)).map((violation) => `${path}: ${violation}`);
}

const cases = [
  ['en', 'light', desktop],
  ['de', 'dark', desktop],
  ['fr', 'light', phone],
  ['de', 'light', phone],
  ['en', 'dark', phone],
  ['fr', 'dark', desktop],
] as const;

describe('every screen', () => {
  it.each(cases)(
    'has no violation in %s, %s',
    async (locale, colorScheme, device) => {
      const user = userWith(system, 'administrator');
      const page = await signedIn(browser, system.primary.url, user, { ...device, locale, colorScheme });
      const found: string[] = [];
      for (const path of screens) found.push(...(await look(page, path)));
      await page.context().close();
      expect(found).toEqual([]);
    },
    300_000,
  );
});
