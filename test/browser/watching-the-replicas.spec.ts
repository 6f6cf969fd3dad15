// How far behind the replicas were, and what keeps changes at home, as whoever answers for the cloud sees it.
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { asSuperuser, databaseOf } from '../e2e/installation.js';
import { waitFor } from '../support/index.js';
import { axeViolations, desktop, openBrowser, openSystem, phone, signedIn, userWith } from './support.js';

let system: Awaited<ReturnType<typeof openSystem>>;
let browser: Browser;
let page: Page;
let database: pg.Pool;

beforeAll(async () => {
  system = await openSystem();
  const home = 'home' in system ? String(system.home) : dirname(process.env['HOLDFAST_QUICKSTART'] ?? '');
  database = new pg.Pool({
    connectionString: await asSuperuser(home, (await databaseOf(home, 'server')).url),
    max: 2,
  });
  database.on('error', () => undefined); // PostgreSQL ends before the pool does
  browser = await openBrowser();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await database.end();
  await system.stop();
}, 60_000);

afterEach(() => page.context().close());

async function signIn(options: BrowserContextOptions = desktop): Promise<void> {
  page = await signedIn(browser, system.primary.url, userWith(system, 'administrator'), options);
}
const openCloud = () => page.goto(`${system.primary.url}/cloud`);
const panel = () =>
  page.locator('section').filter({ has: page.getByRole('heading', { name: 'Lag of the replicas' }) });

/** Twenty replicas over the last hour, of which one was away for most of it. */
function twenty(now: number): object {
  const stepMs = 60_000;
  const from = Math.floor(now / stepMs) * stepMs - 59 * stepMs;
  const at = (step: number) => new Date(from + step * stepMs).toISOString();
  const data = Array.from({ length: 20 }, (_, index) => ({
    name: `replica-${String(index + 1).padStart(2, '0')}`,
    points: Array.from({ length: 60 }, (_unused, step) => step)
      .filter((step) => index !== 4 || step < 20 || step > 30)
      .map((step) => ({
        at: at(step),
        lagMs: index === 11 && step > 10 ? (step - 10) * stepMs * 40 : ((step * 7 + index * 13) % 30) * 200,
      })),
  }));
  return { from: at(0), stepMs, steps: 60, data, nextCursor: null };
}

describe('the lag of the replicas', () => {
  it('is a line for each, its worst in words, and a table', async () => {
    const isKnown = async () =>
      (await database.query('SELECT 1 FROM replication.replica_ack')).rowCount === 1;
    await waitFor(isKnown, {
      timeoutMs: 60_000,
      what: 'the connector to read what the replica has acknowledged',
    });
    await database.query('DELETE FROM replication.replica_lag');
    await database.query(
      `INSERT INTO replication.replica_lag (replica, at, lag_ms)
       SELECT a.replica, date_trunc('minute', now() - make_interval(mins => m)), 90000 + m
       FROM replication.replica_ack a, generate_series(20, 30) m`,
    );
    await signIn();
    await openCloud();
    await panel()
      .getByRole('img', { name: /^Lag of replica-1: now .*, at most 2 min, at / })
      .waitFor();
    await panel().getByText('The same as a table').click();
    expect(await panel().getByRole('columnheader', { name: 'replica-1' }).isVisible()).toBe(true);
    expect(await panel().getByRole('cell', { name: '2 min' }).count()).toBe(11);
    await panel().getByRole('button', { name: 'Week' }).click();
    await waitFor(async () => (await panel().getByRole('cell', { name: '2 min' }).count()) <= 2, {
      timeoutMs: 30_000,
    });
    expect(await axeViolations(page)).toEqual([]);
  });

  it.each([
    ['at a desk', desktop],
    ['on a phone', { ...phone, colorScheme: 'dark' } as const],
  ])('can be read with twenty of them, %s', async (_where, device) => {
    await signIn(device);
    await page.route('**/api/v1/cloud/replicas/lags?*', (route) =>
      route.fulfill({ json: twenty(Date.now()) }),
    );
    await openCloud();
    await panel().getByRole('img').nth(19).waitFor();
    // the one that was away comes first
    expect(await panel().getByRole('img').first().getAttribute('aria-label')).toContain('replica-12');
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await panel().getByRole('searchbox', { name: 'Find a replica' }).fill('-05');
    await waitFor(async () => (await panel().getByRole('img').count()) === 1, { timeoutMs: 10_000 });
    // a gap, where nobody looked, is no line
    const path = await panel().locator('path').getAttribute('d');
    expect(path?.match(/M/g)).toHaveLength(2);
  });
});

describe('a transaction that does not end', () => {
  it('is on the page with who has it open and what to do, until it ends', async () => {
    const client = await database.connect();
    try {
      await client.query(`SET application_name = 'night import'; BEGIN`);
      await client.query(
        'UPDATE crm.product SET version = version WHERE id = (SELECT id FROM crm.product LIMIT 1)',
      );
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const statement = `SELECT pg_terminate_backend(${String(rows[0]?.pid)});`;
      await waitFor(() => hourAgo('night import'), { timeoutMs: 60_000, what: 'the connector to see it' });
      await signIn();
      await openCloud();
      const notice = page.getByRole('alert').filter({ hasText: 'A transaction does not end.' });
      await notice.getByText(statement).waitFor();
      expect(await notice.innerText()).toContain('program “night import”, account postgres');
      expect(await axeViolations(page)).toEqual([]);
      await client.query('ROLLBACK');
      await notice.waitFor({ state: 'detached' });
    } finally {
      client.release(true);
    }
  });
});

/** Nobody waits so long here: the connector is told that it saw the transaction an hour ago. Whether it has seen it. */
async function hourAgo(application: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `UPDATE replication.connector_status SET open_transactions = (SELECT jsonb_agg(
       o || jsonb_build_object('since', now() - interval '1 hour')) FROM jsonb_array_elements(open_transactions) o
       WHERE o ->> 'application' = $1)
     WHERE open_transactions @> jsonb_build_array(jsonb_build_object('application', $1::text))`,
    [application],
  );
  return rowCount === 1;
}
