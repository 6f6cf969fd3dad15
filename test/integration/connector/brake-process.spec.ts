// The brake in the connector as it runs: what replicas are told meanwhile, and what a kill changes about it.
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manifestKey } from '../../../src/replication/format/index.js';
import { createEmptyDatabase, waitFor, type TestDatabase } from '../../support/index.js';
import { startConnectorProcess, type ConnectorProcess } from './connector-process.js';
import { openWorld, type ConnectorWorld } from './connector-world.js';

interface Beat {
  n: number;
  asOf: string;
  createdAt: string;
}

let world: ConnectorWorld;
let queue: TestDatabase;
let connector: ConnectorProcess;
const processes: ChildProcess[] = [];

const start = () => startConnectorProcess(world, queue.urls.queue, processes);
const isDeleted = (value: string) => world.sql(`UPDATE crm.account SET deleted_at = ${value}`);

async function beat(): Promise<Beat> {
  const { payload } = JSON.parse((await world.bucket.get('beat.json')).toString()) as { payload: string };
  return JSON.parse(Buffer.from(payload, 'base64').toString()) as Beat;
}

async function reached(state: string): Promise<void> {
  await waitFor(
    async () => (await world.sql('SELECT state FROM replication.connector_status'))[0]?.state === state,
    { timeoutMs: 60_000, what: `the state ${state}` },
  );
}

/** The next one that is sent. */
async function laterBeat({ createdAt }: Beat): Promise<Beat> {
  return waitFor(
    async () => {
      const next = await beat();
      return next.createdAt > createdAt ? next : null;
    },
    { timeoutMs: 60_000, what: 'the next beat' },
  );
}

beforeAll(async () => {
  world = await openWorld();
  queue = await createEmptyDatabase('holdfast_queue');
  for (let index = 0; index < 4; index += 1)
    await world.insert('crm.account', { name: `a${String(index)}`, kind: 'customer' });
  await world.activate('types: { account: }\nbrake: { deletes: 2 }\n');
});
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await world.end();
  await queue.drop();
});

describe('a connector that holds a batch', () => {
  it('says that the state before is the newest, and how old it is, also after kill -9; and goes on by itself', async () => {
    connector = await start();
    await reached('waiting');
    await isDeleted('now()');
    await reached('held');
    const held = await laterBeat(await beat());
    const next = await laterBeat(held);
    expect(next).toMatchObject({ n: 1, asOf: held.asOf });
    expect(connector.output().match(/brake\.held/g)).toHaveLength(1);

    connector.child.kill('SIGKILL');
    const last = await beat();
    connector = await start();
    const revived = await laterBeat(await laterBeat(last));
    expect(revived.n).toBe(1);
    expect(revived.asOf <= held.asOf).toBe(true);
    await reached('held');
    expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();

    await isDeleted('NULL');
    await reached('waiting');
    const released = await waitFor(
      async () => {
        const found = await beat();
        return found.asOf > held.asOf ? found : null;
      },
      { timeoutMs: 60_000, what: 'a newer state' },
    );
    expect(released.n).toBe(1);
    expect(connector.output()).toMatch(/brake\.released/);
    await world.reader.catchUp();
    expect(world.reader.rows('account').size).toBe(4);
  }, 240_000);
});
