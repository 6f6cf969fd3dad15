import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { freePort, startRedis, waitFor, type TestRedis } from '../support/index.js';
import {
  fileOf,
  gather,
  openAttachmentWorld,
  sealedOf,
  type AttachmentWorld,
  type StoredBlob,
} from '../integration/connector/attachment-world.js';
import { TENANT } from '../integration/connector/connector-world.js';
import { expectSound } from './checkers.js';
import { populate, type FaultWorld } from './fault-world.js';
import { laneStatus } from './running-lane.js';

const POLICY = `
types:
  account:
    where: { field: sector, op: neq, value: medical }
    fields: { description: omit }
    attachments: { label: shareable }
  product:
`;

let world: FaultWorld & AttachmentWorld;
let redis: TestRedis;
let connector: ChildProcess;
beforeEach(async () => {
  world = await populate(await openAttachmentWorld(), POLICY);
  redis = await startRedis({ port: await freePort() });
  connector = await startConnector();
});
afterEach(async () => {
  connector.kill('SIGKILL');
  await redis.stop();
  await world.end();
});

/** The connector as an installation starts it, from its source. */
async function startConnector(): Promise<ChildProcess> {
  const config = join(world.folder, 'connector.json');
  const settings = {
    ...{ role: 'connector', http: { host: '127.0.0.1', port: 0 }, tenant: { id: TENANT } },
    ...{ database: { url: world.database.urls.connector }, queue: { redisUrl: redis.url } },
    ...{ bucket: { url: world.bucket.url }, keys: { folder: world.folder } },
    files: { folder: join(world.folder, 'files') },
    connector: { pollMs: 100, leaseMs: 2_000, spoolFolder: world.spoolFolder },
  };
  await writeFile(config, JSON.stringify(settings), { mode: 0o600 });
  const root = new URL('../../', import.meta.url);
  const loader = new URL('test/support/typescript-loader.mjs', root).href;
  const main = new URL('connector/main.ts', root).pathname;
  return spawn(process.execPath, ['--import', loader, main, '--config', config], { stdio: 'ignore' });
}

async function goesOn(): Promise<void> {
  const { n } = await laneStatus(world);
  await world.people.work();
  await waitFor(async () => ((await laneStatus(world)).n ?? 0) > (n ?? 0), {
    timeoutMs: 60_000,
    what: 'the next batch',
  });
}

async function arrived(blob: StoredBlob): Promise<void> {
  const isThere = async () => (await world.blobRow(blob))?.state === 'available';
  await waitFor(isThere, { timeoutMs: 30_000, what: 'the file in the bucket' });
}

it('F04 Redis is killed and comes back empty, or is flushed: what was in it comes again from PostgreSQL', async () => {
  await goesOn();
  await redis.kill();
  const first = fileOf(100_000);
  const one = await world.attach(world.people.account(0), first);
  // longer than the connector takes to see the file and to find no queue for it
  await sleep(3_000);
  await goesOn();
  redis = await startRedis({ port: redis.port });
  await arrived(one.blob);

  const two = await world.attach(world.people.account(3), fileOf(100_000));
  const client = new Redis(redis.url);
  for (let flush = 0; flush < 60; flush += 1) {
    await client.flushall();
    await sleep(50);
  }
  client.disconnect();
  await arrived(two.blob);
  await goesOn();
  const stopped = once(connector, 'exit');
  connector.kill('SIGTERM');
  await stopped;
  await (await world.publisher()).settle();
  await world.reader.catchUp();
  const row = sealedOf(world.reader.rows('attachment').get(one.id));
  expect((await gather(await world.opener.open(row))).equals(first)).toBe(true);
  await expectSound(world);
});
