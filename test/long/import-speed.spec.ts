// How fast deals come in, and that memory does not grow with the file. HOLDFAST_IMPORT_ROWS makes it shorter.
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { demo, ImportsWorld } from '../integration/imports/imports-world.js';
import { freePort, waitFor } from '../support/index.js';

const total = Number(process.env.HOLDFAST_IMPORT_ROWS ?? 1_000_000);
const hour = 3_600_000;
const MIB = 1_048_576;
let world: ImportsWorld;
let server: ReturnType<typeof spawn>;

beforeAll(async () => {
  world = await ImportsWorld.open();
  await world.importDemo('01-people.yaml', 'maven-crm/sales_teams.csv');
  await world.importDemo('02-products.yaml', 'maven-crm/products.csv');
  await world.importDemo('03-accounts.yaml', 'maven-crm/accounts.csv');
  await world.app.close();
  const port = await freePort();
  const config = JSON.parse(await readFile(world.configFile, 'utf8')) as { http: object };
  config.http = { host: '127.0.0.1', port };
  const configFile = join(world.folder, 'speed.json');
  await writeFile(configFile, JSON.stringify(config), { mode: 0o600 });
  const root = new URL('../../', import.meta.url);
  const loader = new URL('test/support/typescript-loader.mjs', root).href;
  const args = ['--import', loader, new URL('src/main.ts', root).pathname, '--config', configFile];
  server = spawn(process.execPath, args, { stdio: 'ignore' });
  world.url = `http://127.0.0.1:${String(port)}`;
  const isReady = async (): Promise<boolean> => (await fetch(`${world.url}/healthz`)).ok;
  await waitFor(isReady, { timeoutMs: 600_000, what: 'the server' });
}, hour);
afterAll(async () => {
  server.kill('SIGKILL');
  await Promise.all([world.database.drop(), world.queue.drop()]);
});

/** Kernel's figures of the server: resident memory in MiB, and seconds of CPU time so far. */
async function figures(): Promise<{ rssMiB: number; cpuSeconds: number }> {
  const status = await readFile(`/proc/${String(server.pid)}/status`, 'utf8');
  const fields =
    (await readFile(`/proc/${String(server.pid)}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024, cpuSeconds: ticks / 100 };
}

async function dealsFile(rows: number): Promise<Buffer> {
  const lines = (await readFile(join(demo, 'maven-crm/sales_pipeline.csv'), 'utf8')).trimEnd().split('\n');
  const [header = '', ...data] = lines;
  const made = [header];
  for (let n = 0; n < rows; n++) made.push((data[n % data.length] ?? '').replace(/^[^,]+/, `G${String(n)}`));
  return Buffer.from(`${made.join('\n')}\n`);
}

it(
  'imports a file of any length in the same memory',
  async () => {
    const file = await dealsFile(total);
    const before = await figures();
    const startedAt = performance.now();
    const id = await world.begin(await readFile(join(demo, '05-deals.yaml'), 'utf8'), file);
    let peak = before.rssMiB;
    const status = await waitFor(
      async () => {
        peak = Math.max(peak, (await figures()).rssMiB);
        const { body } = await world.call('GET', `/imports/${id}`);
        return body.state === 'running' || body.state === 'queued' ? null : body;
      },
      { timeoutMs: 3 * hour, intervalMs: 250, what: 'the import' },
    );
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = (await figures()).cpuSeconds - before.cpuSeconds;
    process.stderr.write(
      `${String(total)} rows, ${(file.length / MIB).toFixed(1)} MiB: ${seconds.toFixed(1)} s, ${(total / seconds).toFixed(0)} rows/s; ` +
        `server CPU ${cpu.toFixed(1)} s (${(total / cpu).toFixed(0)} rows per CPU second); RSS ${before.rssMiB.toFixed(0)} → at most ${peak.toFixed(0)} MiB\n`,
    );
    expect(status).toMatchObject({ state: 'done', counts: { created: total, failed: 0 } });
    expect(peak - before.rssMiB).toBeLessThan(400);
  },
  3 * hour,
);
