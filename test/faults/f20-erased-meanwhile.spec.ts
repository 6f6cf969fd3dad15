import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterEach, expect, it } from '@jest/globals';
import { manifestKey, receiptKey, verifyReceipt } from '../../src/replication/format/index.js';
import { Crash, crashAt, TENANT, type TestPublisher } from '../integration/connector/connector-world.js';
import { databaseText } from '../integration/replication/canary-search.js';
import { collectAcks } from '../integration/replication/follower-world.js';
import { waitFor } from '../support/index.js';
import { expectSound, objectsWith, replicaIdentities } from './checkers.js';
import { openDistantWorld } from './distant-world.js';
import { erasing, purgeWhatIsDue, writeReceipts } from './erasing.js';
import { openFaultWorld, sendBeat, type FaultWorld } from './fault-world.js';

const PERSON = 'Nachtigallenlied';
/** pieces so small that a compaction takes many turns; reasons are looked for at each of them */
const SLOWLY = {
  rebaseRows: 3,
  rebaseRules: { maxBatches: 1_000_000, graceMs: 3_600_000, pauseFactor: 0, lookEveryMs: 0 },
};

let world: FaultWorld;
let lane: TestPublisher;
let person: string;
/** every key that the replica ever had: what it has destroyed still counts here */
const keys = new Set<string>();
afterEach(() => world.end());

/** She is in bucket and replica, and the replica has announced the key for the next generation. */
async function beginWith<W extends FaultWorld>(opened: W): Promise<W> {
  world = opened;
  person = await world.insert('crm.contact', { last_name: PERSON, account_id: world.people.account(0) });
  lane = await world.publisher(SLOWLY);
  await lane.settle();
  await sendBeat(world, lane);
  await meet();
  expect(await objectsWith(world, PERSON)).not.toEqual([]);
  expect(await tablesWithHer()).toEqual(['crm.contact']);
  return opened;
}

/** The replica reads what there is, and the connector what the replica says. */
async function meet(): Promise<void> {
  for (const key of await replicaIdentities(world)) keys.add(key);
  expect(await world.replica.catchUp()).toBe('idle');
  await collectAcks(world, lane);
  for (const key of await replicaIdentities(world)) keys.add(key);
}

async function tablesWithHer(): Promise<string[]> {
  const texts = await databaseText(world.replica.database.admin);
  return texts.filter(({ bytes }) => bytes.includes(PERSON)).map(({ where }) => where);
}

/** The connector and its jobs have had their time: she is nowhere, and a receipt says so. */
async function expectForgotten(erasure: string): Promise<void> {
  await lane.settle();
  await sendBeat(world, lane);
  await meet();
  await purgeWhatIsDue(world, lane);
  expect(await objectsWith(world, PERSON, [...keys])).toEqual([]);
  expect(await readdir(world.spoolFolder)).toEqual([]);
  expect(await tablesWithHer()).toEqual([]);
  const generation = (await lane.publisher.generations.current())?.id ?? 0;
  expect(await writeReceipts(world, lane)).toEqual([generation]);
  const bytes = await world.bucket.get(receiptKey(generation));
  const receipt = verifyReceipt(bytes, world.trust.chain, { tenant: TENANT });
  expect(receipt.erasures.map(({ id }) => id)).toEqual([erasure]);
  expect(receipt.replicas).toMatchObject([{ name: 'london', state: 'acknowledged' }]);
  expect(receipt.listing.objectsOfOlderGenerations).toBe(0);
  await expectSound(world);
}

it('F20 an erasure while a compaction has read the row already: that one is given up, and she is in none after it', async () => {
  await beginWith(await openFaultWorld());
  await world.sql(`INSERT INTO replication.generation_request (id, reason) VALUES ($1, 'compaction')`, [
    randomUUID(),
  ]);
  const hasReadHer = async () => {
    await lane.publisher.turn();
    return (await objectsWith(world, PERSON)).some((key) => key.startsWith('d/00000002/'));
  };
  await waitFor(hasReadHer, { what: 'the compaction to read her row' });
  expect(await world.sql('SELECT complete_at_n FROM replication.rebase')).toEqual([{ complete_at_n: null }]);
  const erasure = await erasing(world).erase('contact', person);
  await lane.settle();
  expect(await world.bucket.head(manifestKey(2, 1))).toBeNull();
  expect(await lane.publisher.generations.current()).toMatchObject({ id: 3, state: 'live' });
  await expectForgotten(erasure);
});

it('F20 an erasure while the bucket cannot be reached: done at home at once, and in the bucket when it is back', async () => {
  const { link } = await beginWith(await openDistantWorld(400));
  link.set('cut');
  await world.people.work();
  const erasure = await erasing(world).erase('contact', person);
  expect(await world.sql('SELECT 1 FROM crm.contact WHERE last_name = $1', [PERSON])).toEqual([]);
  await expect(lane.settle()).rejects.toMatchObject({ code: 'bucket.unavailable' });
  expect(await world.replica.step()).toBe('failed');
  link.set('open');
  await expectForgotten(erasure);
});

it('F20 an erasure while a batch with the row waits in the spool: it goes out, and leaves with all the others', async () => {
  await beginWith(await openFaultWorld());
  await lane.vanish();
  lane = await world.publisher({ ...SLOWLY, listeners: [crashAt('recorded', 2)] });
  await world.sql('UPDATE crm.contact SET last_name = $1 WHERE id = $2', [`${PERSON} the second`, person]);
  await expect(lane.settle()).rejects.toBeInstanceOf(Crash);
  expect(await readdir(world.spoolFolder)).toHaveLength(1);
  const erasure = await erasing(world).erase('contact', person);
  await lane.vanish();
  lane = await world.publisher(SLOWLY);
  await lane.publisher.tidySpool();
  await expectForgotten(erasure);
});
