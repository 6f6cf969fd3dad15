import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CloudControlService } from '../../src/replication/cloud/index.js';
import { personContext } from '../integration/replication/policy-database.js';
import { expectSound, objectsWith } from './checkers.js';
import { expireLease } from './child-process.js';
import { erasing, purgeWhatIsDue } from './erasing.js';
import { sendBeat } from './fault-world.js';
import { allowFork, bucketContent, openOwnPostgresWorld, type OwnPostgresWorld } from './own-postgres.js';

let world: OwnPostgresWorld;
beforeEach(async () => {
  world = await openOwnPostgresWorld();
});
afterEach(() => world.end());

it('F14 a database that was set back by a reverted machine is seen as a fork before anything is written', async () => {
  await (await world.begin()).vanish();
  await world.server.stop();
  const yesterday = await world.copyData();
  await world.start();
  const lane = await world.publisher();
  await world.people.work();
  await lane.settle();
  await world.replica.catchUp();
  await lane.vanish();
  await world.server.stop();
  await world.putData(yesterday);
  await world.start();

  await expireLease(world);
  await world.people.work();
  const again = await world.publisher();
  const before = await bucketContent(world);
  await expect(again.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  await expect(again.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  expect(await bucketContent(world)).toEqual(before);
  await allowFork(world);
  await again.settle();
  expect(await again.publisher.generations.current()).toMatchObject({ id: 2, state: 'live' });
  await expectSound(world);
});

const PERSON = 'Nachtigallenlied';

/** An administrator's word that this database, such as it is, begins a new history. */
async function allowNewHistory(): Promise<void> {
  const access = {
    ...{ can: () => 'all' as const, predicate: () => 'TRUE', mayCreateFor: () => true },
    ...{ hiddenFields: () => new Set<string>(), readOnlyFields: () => new Set<string>() },
    ...{ hasFlag: () => true, isAdministrator: () => false },
  };
  const control = new CloudControlService(world.app, world.audit, access);
  await control.allowNewHistory(personContext(randomUUID()), 'restored from the backup');
}

it('F14 a backup from before an erasure is not published before the erasure was repeated on it', async () => {
  const server = erasing(world);
  expect(await server.replay()).toBe(0);
  const person = await world.insert('crm.contact', {
    last_name: PERSON,
    account_id: world.people.account(0),
  });
  await (await world.begin()).vanish();
  await world.server.stop();
  const yesterday = await world.copyData();
  await world.start();
  const lane = await world.publisher();
  await server.erase('contact', person);
  await lane.settle();
  await sendBeat(world, lane);
  await world.replica.catchUp();
  await purgeWhatIsDue(world, lane);
  expect(await objectsWith(world, PERSON)).toEqual([]);
  await lane.vanish();
  await world.server.stop();
  await world.putData(yesterday);
  await world.start();

  await expireLease(world);
  const held = async () => world.sql('SELECT 1 FROM crm.contact WHERE last_name = $1', [PERSON]);
  expect(await held()).toHaveLength(1);
  await allowNewHistory();
  await world.people.work();
  const again = await world.publisher();
  const before = await bucketContent(world);
  for (const _try of [1, 2])
    await expect(again.settle()).rejects.toMatchObject({ code: 'erasures-not-replayed' });
  expect(await bucketContent(world)).toEqual(before);

  expect(await server.replay()).toBe(1);
  expect(await held()).toEqual([]);
  await again.settle();
  expect(await again.publisher.generations.current()).toMatchObject({ state: 'live' });
  await sendBeat(world, again);
  expect(await objectsWith(world, PERSON)).toEqual([]);
  await expectSound(world);
});
