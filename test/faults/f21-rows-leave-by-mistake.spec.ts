import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openWorld, type TestPublisher } from '../integration/connector/connector-world.js';
import { waitFor } from '../support/index.js';
import { expectSound } from './checkers.js';
import { FAULT_POLICY, newAccount, populate, sendBeat, type FaultWorld } from './fault-world.js';

const ACCOUNTS = 20;
const MISTAKEN = 0.6 * ACCOUNTS;
const POLICY = `${FAULT_POLICY}brake: { deletes: 5 }\n`;

let world: FaultWorld;
let lane: TestPublisher;
let ids: string[];
beforeEach(async () => {
  world = await populate(await openWorld(), POLICY);
  const rows = await world.sql(`SELECT id FROM crm.account WHERE sector = 'retail'`);
  ids = rows.map(({ id }) => String(id));
  while (ids.length < ACCOUNTS) ids.push(await newAccount(world, `account ${ids.length}`, 'retail'));
  lane = await world.begin();
});
afterEach(() => world.end());

const outcome = async () => (await lane.settle()).at(-1);
async function shown(): Promise<string[]> {
  const { admin } = world.replica.database;
  const { rows } = await admin.query<{ id: string }>('SELECT id FROM crm.account ORDER BY id');
  return rows.map(({ id }) => id);
}

/** Another process in the place of this one, which remembers nothing. */
async function takeOver(): Promise<void> {
  await lane.vanish();
  lane = await world.publisher({ brake: { lookMs: 0 } });
}

it.each([
  ['fall out of the policy', `sector = 'medical'`, `sector = 'retail'`],
  ['are put into the recycle bin', 'deleted_at = now()', 'deleted_at = NULL'],
])(
  'F21 60 %% of the rows %s by mistake: the replica keeps them, and goes on when they are back',
  async (_how, mistake, undo) => {
    const slipped = ids.slice(0, MISTAKEN);
    const change = (to: string) =>
      world.sql(`UPDATE crm.account SET ${to} WHERE id = ANY ($1::uuid[])`, [slipped]);
    const before = await shown();
    expect(before).toHaveLength(ACCOUNTS);
    await change(mistake);
    expect(await outcome()).toBe('held');
    await takeOver();
    expect(await outcome()).toBe('held');
    await world.people.transfer();
    expect(await outcome()).toBe('held');
    await sendBeat(world, lane);
    expect(await world.replica.catchUp()).toBe('idle');
    expect(await world.replica.position()).toBe('1.1');
    expect(await shown()).toEqual(before);
    expect(await readdir(world.spoolFolder)).toEqual([]);

    await change(undo);
    await waitFor(async () => (await outcome()) === 'idle', {
      timeoutMs: 20_000,
      what: 'the brake to let go',
    });
    await expectSound(world);
    expect(await world.replica.position()).toBe('1.2');
    expect(await shown()).toEqual(before);
  },
);
