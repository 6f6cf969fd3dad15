// An import whose server dies, whose database connection is cut, or that two processes hold at once, goes on without a
// row lost or doubled.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../support/index.js';
import { demo, ImportsWorld, type Status } from './imports-world.js';

let world: ImportsWorld;
let whole: string;
let deals: string;
let dealsMapping: string;
const children: ChildProcess[] = [];

const count = async (): Promise<number> =>
  Number((await world.sql('SELECT count(*) AS n FROM crm.deal'))[0]?.['n']);
const statusColumns = `id, state, problems,
  json_build_object('rows', total_rows, 'done', position, 'linked', linked) AS progress,
  json_build_object('created', created, 'updated', updated, 'unchanged', unchanged, 'skipped', skipped, 'failed', failed) AS counts`;
/** From the table: the test must see it while no server runs. */
async function readStatus(id: string): Promise<Status> {
  const [row] = await world.sql<Status>(`SELECT ${statusColumns} FROM platform.import WHERE id = $1`, [id]);
  if (!row) throw new Error('there is no such import');
  return row;
}
const reached = (id: string, rows: number): Promise<unknown> =>
  waitFor(async () => (await readStatus(id)).progress.done >= rows, {
    intervalMs: 5,
    timeoutMs: 90_000,
    what: `${rows} rows`,
  });
const empty = (): Promise<unknown> => world.sql('DELETE FROM crm.deal');

beforeAll(async () => {
  world = await ImportsWorld.open();
  await world.importDemo('01-people.yaml', 'maven-crm/sales_teams.csv');
  await world.importDemo('02-products.yaml', 'maven-crm/products.csv');
  await world.importDemo('03-accounts.yaml', 'maven-crm/accounts.csv');
  dealsMapping = await readFile(join(demo, '05-deals.yaml'), 'utf8');
  const lines = (await readFile(join(demo, 'maven-crm/sales_pipeline.csv'), 'utf8')).split('\n');
  deals = [...lines.slice(0, 4001), ''].join('\n');
  expect((await world.import(dealsMapping, deals)).counts).toMatchObject({ created: 4000 });
  whole = await world.contentOf('deal');
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world.close();
});

const complete = { created: 4000, updated: 0, unchanged: 0, skipped: 0, failed: 0 };

async function startProcess(): Promise<ChildProcess> {
  const root = new URL('../../../', import.meta.url);
  const loader = new URL('test/support/typescript-loader.mjs', root).href;
  const main = new URL('src/main.ts', root).pathname;
  const child = spawn(process.execPath, ['--import', loader, main, '--config', world.configFile], {
    stdio: 'ignore',
  });
  children.push(child);
  await Promise.resolve();
  return child;
}

describe('an interrupted import', () => {
  it('goes on after its database connections are cut, inside a chunk and between two', async () => {
    await empty();
    const id = await world.begin(dealsMapping, deals);
    for (const rows of [500, 1500, 3000]) {
      await reached(id, rows);
      await world.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast primary'`,
      );
    }
    const status = await waitFor(
      async () => {
        const now = await readStatus(id);
        return ['done', 'failed'].includes(now.state) ? now : null;
      },
      { timeoutMs: 110_000, what: 'the import to end' },
    );
    expect(status).toMatchObject({ state: 'done', counts: complete });
    expect(await world.contentOf('deal')).toBe(whole);
  });

  it('stops where another process has taken it, without writing beside it', async () => {
    await empty();
    const id = await world.begin(dealsMapping, deals);
    await reached(id, 500);
    await world.sql(`UPDATE platform.import SET holder = gen_random_uuid() WHERE id = $1`, [id]);
    const { progress } = await readStatus(id);
    await waitFor(async () => (await count()) === progress.done, {
      what: 'the open chunk to be rolled back',
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await count()).toBe(progress.done);
    await world.sql(`UPDATE platform.import SET state = 'queued' WHERE id = $1`, [id]);
    await waitFor(async () => (await readStatus(id)).state === 'done', { timeoutMs: 90_000 });
    expect((await readStatus(id)).counts).toEqual(complete);
    expect(await world.contentOf('deal')).toBe(whole);
  });

  it('goes on after its server was killed, also when the next one is killed', async () => {
    await empty();
    // this process only takes the file; the one that is killed does the work
    const made = await world.begin(dealsMapping, deals);
    await reached(made, 500);
    await world.app.close();
    const first = await startProcess();
    for (const rows of [1000, 2000]) {
      await reached(made, rows);
      const child = children.at(-1) ?? first;
      child.kill('SIGKILL');
      await once(child, 'exit');
      // as if the time without a heartbeat were over
      await world.sql(`UPDATE platform.import SET heartbeat_at = now() - interval '1 minute' WHERE id = $1`, [
        made,
      ]);
      await startProcess();
    }
    await waitFor(async () => (await readStatus(made)).state === 'done', {
      timeoutMs: 110_000,
      intervalMs: 100,
    });
    expect((await readStatus(made)).counts).toEqual(complete);
    expect(await world.contentOf('deal')).toBe(whole);
    children.at(-1)?.kill('SIGKILL');
    await world.restart();
  });
});
