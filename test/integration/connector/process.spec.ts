import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keyFolders, manifestKey, partPrefix } from '../../../src/replication/format/index.js';
import { createEmptyDatabase, waitFor, type TestDatabase } from '../../support/index.js';
import { startConnectorProcess } from './connector-process.js';
import { openWorld, viewContent, type ConnectorWorld } from './connector-world.js';

let world: ConnectorWorld;
let queue: TestDatabase;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  world = await openWorld();
  // a connector's machine never has the root key: whatever it does here, it does without
  await rm(keyFolders(world.folder).root, { recursive: true });
  queue = await createEmptyDatabase('holdfast_queue');
});
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await world.end();
  await queue.drop();
});

const startConnector = () => startConnectorProcess(world, queue.urls.queue, processes);

async function stateOf(): Promise<Record<string, unknown>> {
  return (await world.sql('SELECT * FROM replication.connector_status'))[0] ?? {};
}

async function published(generation: number, n: number): Promise<void> {
  const what = `batch ${String(generation)}/${String(n)}`;
  await waitFor(() => world.bucket.head(manifestKey(generation, n)), { timeoutMs: 30_000, what });
}

const account = (name: string) => world.insert('crm.account', { name, kind: 'customer', sector: 'retail' });

describe('the connector process', () => {
  let connector: Awaited<ReturnType<typeof startConnector>>;

  it('waits for a policy, publishes, tells how it stands, and purges what a changed policy left', async () => {
    connector = await startConnector();
    await waitFor(async () => (await stateOf()).state === 'no-policy', {
      timeoutMs: 30_000,
      what: connector.output(),
    });
    await account('first');
    await world.activate('types:\n  account:\n');
    await published(1, 1);
    await account('second');
    await published(1, 2);
    await waitFor(async () => (await stateOf()).n === 2, { timeoutMs: 5_000 });
    expect(await stateOf()).toMatchObject({ generation: 1, n: 2, backlog: '0', last_error: null });
    await world.activate('types:\n  account: { where: { field: sector, op: eq, value: medical } }\n');
    await published(2, 1);
    const old = async () => {
      for await (const object of world.bucket.list(partPrefix(1))) return object;
      return world.bucket.head(manifestKey(1, 1));
    };
    await waitFor(async () => (await old()) === null, {
      timeoutMs: 20_000,
      what: 'the purge of generation 1',
    });
    await waitFor(
      async () =>
        (await world.sql(`SELECT 1 FROM replication.generation WHERE id = 1 AND state = 'purged'`)).length ===
        1,
    );
    expect((await world.bucket.get('beat.json')).length).toBeGreaterThan(100);
  }, 120_000);

  it('is followed by the next one after kill -9, and stops in order when asked', async () => {
    connector.child.kill('SIGKILL');
    await world.insert('crm.account', { name: 'clinic', kind: 'customer', sector: 'medical' });
    connector = await startConnector();
    await published(2, 2);
    await world.reader.catchUp();
    expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
    const exit = once(connector.child, 'exit');
    connector.child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect((await stateOf()).state).toBe('stopped');
    expect(connector.output()).not.toMatch(/clinic/);
  }, 120_000);

  it('leaves the server alone, and says what is wrong, while the bucket is away', async () => {
    connector = await startConnector();
    await waitFor(async () => (await stateOf()).state === 'waiting', {
      timeoutMs: 30_000,
      what: connector.output(),
    });
    await rename(world.bucketFolder, `${world.bucketFolder}-away`);
    await writeFile(world.bucketFolder, 'not a folder');
    await world.insert('crm.account', { name: 'hospital', kind: 'customer', sector: 'medical' });
    await waitFor(async () => (await stateOf()).state === 'failing', { timeoutMs: 30_000 });
    expect((await stateOf()).last_error).toMatchObject({ code: expect.stringMatching(/./) });
    await rm(world.bucketFolder);
    await rename(`${world.bucketFolder}-away`, world.bucketFolder);
    await published(2, 3);
    await waitFor(async () => (await stateOf()).last_error === null, { timeoutMs: 10_000 });
  }, 120_000);
});
