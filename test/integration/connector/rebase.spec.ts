import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { TrustChain } from '../../../src/replication/format/index.js';
import {
  Crash,
  crashAt,
  openWorld,
  viewContent,
  type ConnectorWorld,
  type TestPublisher,
} from './connector-world.js';
import { StrictReader } from './strict-reader.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
  deal: { follows: account }
`;
const NARROWER = POLICY.replace('medical', 'software');
const TYPES = ['account', 'contact', 'deal', 'user'];

const never = { maxBatches: 1_000_000, graceMs: 3_600_000, pauseFactor: 0, lookEveryMs: 10_000 };
const rebaseRows = 4;

let world: ConnectorWorld;
let lane: TestPublisher;
let edges = 0;

async function next(options: Parameters<ConnectorWorld['publisher']>[0]): Promise<void> {
  await lane.vanish();
  lane = await world.publisher(options);
}

async function begin(): Promise<void> {
  world = await openWorld();
  await world.activate(POLICY);
  for (let index = 0; index < 30; index += 1) await family(index);
  lane = await world.publisher({ rebaseRows, rebaseRules: never });
  await lane.settle();
}

async function family(index: number): Promise<string> {
  const sector = index % 5 === 0 ? 'medical' : 'software';
  const account = await world.insert('crm.account', {
    name: `Account ${String(index)}`,
    kind: 'customer',
    sector,
  });
  await world.insert('crm.contact', { last_name: `Doe ${String(index)}`, account_id: account });
  return account;
}

async function ask(): Promise<void> {
  await world.sql(`INSERT INTO replication.generation_request (id, reason) VALUES ($1, 'test')`, [
    randomUUID(),
  ]);
  lane.publisher.rebaser.lookNow();
}

/** A reader that has read nothing yet, holds the bucket against the views. */
async function expectFreshReaderSeesAll(): Promise<void> {
  const trust = TrustChain.pin(world.rootObject, { tenant: 'acme' });
  const fresh = new StrictReader(world.bucket, trust, world.identities);
  await fresh.catchUp();
  for (const type of TYPES) expect(fresh.rows(type)).toEqual(await viewContent(world, type));
}

async function ids(table: string): Promise<string[]> {
  return (await world.sql(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => String(id));
}

/** Changes of every kind, on both sides of wherever the new generation has been read to. */
async function disturb(turn: number): Promise<void> {
  const accounts = await ids('crm.account');
  const [first, last] = [accounts.at(turn % 3), accounts.at(-1 - (turn % 3))];
  await world.sql('UPDATE crm.account SET name = name || $1 WHERE id = ANY ($2)', ['.', [first, last]]);
  if (turn % 3 === 0) await family(100 + turn);
  if (turn % 4 === 1) await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [first]);
  if (turn % 4 === 3) await world.sql(`UPDATE crm.account SET sector = 'software' WHERE id = $1`, [first]);
  const contacts = await ids('crm.contact');
  if (turn % 2 === 0) await world.sql('DELETE FROM crm.contact WHERE id = $1', [contacts.at(turn % 7)]);
  // ids that sort before and after everything
  const id = `${turn % 2 === 0 ? '00000000' : 'ffffffff'}-0000-7000-8000-${String((edges += 1)).padStart(12, '0')}`;
  await world.sql(
    `INSERT INTO crm.contact (id, last_name, account_id, version, created_at, updated_at) VALUES ($1, 'Edge', $2, 1, now(), now())`,
    [id, last],
  );
}

describe('a generation made beside the one in force', () => {
  beforeAll(begin);
  afterAll(() => world.end());

  it('is the very state of a batch of the old one, whatever changes while it is made', async () => {
    await world.reader.catchUp();
    await ask();
    let turns = 0;
    for (;;) {
      await disturb(turns);
      turns += 1;
      await lane.publisher.turn();
      const generation = await lane.publisher.generations.current();
      if (generation?.id === 2 && generation.state === 'live') break;
      expect(turns).toBeLessThan(100);
    }
    expect(turns).toBeGreaterThan(10);
    await lane.settle();
    const applied = await world.reader.catchUp();
    const snapshot = applied.find(({ kind }) => kind === 'snapshot');
    expect(snapshot).toMatchObject({ generation: 2, n: 1 });
    expect(snapshot?.equals?.generation).toBe(1);
    for (const type of TYPES) expect(world.reader.rows(type)).toEqual(await viewContent(world, type));
    await expectFreshReaderSeesAll();
  });

  it('says of its `equals` exactly what the old batch said', async () => {
    const manifest = (await world.readManifest(2, 1)).equals;
    const old = await world.readManifest(1, manifest?.n ?? 0);
    const { types } = await world.readManifest(2, 1);
    const states = (of: typeof types) => of.map(({ type, count, checksum }) => ({ type, count, checksum }));
    expect(states(types)).toEqual(states(old.types));
  });

  it('goes on with deltas, and a request is answered once', async () => {
    await family(500);
    await lane.settle();
    lane.publisher.rebaser.lookNow();
    expect(await lane.settle()).toEqual(['idle']);
    expect(await lane.publisher.generations.current()).toMatchObject({ id: 2, head: 2 });
    await expectFreshReaderSeesAll();
  });

  it('leaves the old one to readers on their way for a while', async () => {
    const [old] = await world.sql(
      `SELECT state, purge_after > clock_timestamp() AS "isKept" FROM replication.generation WHERE id = 1`,
    );
    expect(old).toEqual({ state: 'retired', isKept: true });
  });
});

describe('compaction', () => {
  beforeAll(begin);
  afterAll(() => world.end());

  it('comes by itself after so many batches, and a fresh reader never reads more', async () => {
    await next({ rebaseRows: 1_000, rebaseRules: { ...never, maxBatches: 5 } });
    for (let index = 0; index < 40; index += 1) {
      await family(600 + index);
      lane.publisher.rebaser.lookNow();
      await lane.settle();
      const { head } = (await lane.publisher.generations.current()) ?? { head: 99 };
      expect(head).toBeLessThanOrEqual(7);
    }
    expect((await lane.publisher.generations.current())?.id).toBeGreaterThan(4);
    await expectFreshReaderSeesAll();
  });
});

describe('a re-base that is broken off', () => {
  beforeAll(begin);
  afterAll(() => world.end());

  async function untilCrash(step: Parameters<typeof crashAt>[0], afterTurns: number): Promise<void> {
    await next({ rebaseRows, rebaseRules: never, listeners: [crashAt(step)] });
    await ask();
    for (let turn = 0; turn < 60; turn += 1) {
      if (turn >= afterTurns) await disturb(turn);
      try {
        await lane.publisher.turn();
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
        return;
      }
    }
    throw new Error(`${step} was never reached`);
  }

  it.each(['sealed', 'recorded', 'part-uploaded', 'manifest-ready', 'manifest-put', 'published'] as const)(
    'at %s is finished by the next publisher',
    async (step) => {
      await untilCrash(step, 3);
      await next({ rebaseRows, rebaseRules: never });
      const before = (await lane.publisher.generations.current())?.id ?? 0;
      await lane.settle();
      const after = await lane.publisher.generations.current();
      expect(after?.state).toBe('live');
      expect(after?.id).toBeGreaterThan(before);
      await expectFreshReaderSeesAll();
    },
  );

  it('at its last manifest is finished by the next publisher', async () => {
    const generation = ((await lane.publisher.generations.current())?.id ?? 0) + 1;
    const isSnapshot = {
      onStep: (step: string, batch: { n: number; generation: number }) => {
        if (step === 'manifest-ready' && batch.n === 1) throw new Crash('at the snapshot');
      },
    };
    await next({ rebaseRows, rebaseRules: never, listeners: [isSnapshot] });
    await ask();
    await expect(lane.settle()).rejects.toBeInstanceOf(Crash);
    await next({ rebaseRows, rebaseRules: never });
    await family(900);
    await lane.settle();
    expect(await lane.publisher.generations.current()).toMatchObject({ state: 'live', id: generation });
    await expectFreshReaderSeesAll();
  });

  it('gives way to a narrower policy, and the request is answered by its generation', async () => {
    await ask();
    await lane.publisher.turn();
    await lane.publisher.turn();
    await world.activate(NARROWER);
    await lane.settle();
    const open = await world.sql(
      'SELECT 1 FROM replication.generation_request r LEFT JOIN replication.generation g ON g.id = r.generation WHERE g.live_at IS NULL',
    );
    expect(open).toEqual([]);
    expect(await world.sql('SELECT 1 FROM replication.rebase')).toEqual([]);
    await expectFreshReaderSeesAll();
  });

  it('leaves nothing to late readers any more when the policy is narrowed: all of it goes at once', async () => {
    const late = () =>
      world.sql(
        `SELECT id FROM replication.generation WHERE state = 'retired' AND purge_after > clock_timestamp()`,
      );
    await ask();
    await lane.settle();
    expect(await late()).toHaveLength(1);
    await world.activate(POLICY.replace('medical', 'retail'));
    await lane.settle();
    expect(await late()).toEqual([]);
  });
});

describe('a change that no trigger reported', () => {
  beforeAll(begin);
  afterAll(() => world.end());

  it('is found by the next re-base, which begins from the rows', async () => {
    await world.sql(`UPDATE crm.account SET name = 'Unreported' WHERE name = 'Account 7'`);
    await world.sql('DELETE FROM replication.change');
    expect(await lane.settle()).toEqual(['idle']);
    await ask();
    await lane.settle();
    const live = await world.sql(`SELECT reason FROM replication.generation WHERE state = 'live'`);
    expect(live).toEqual([{ reason: 'the ledger differed from the rows' }]);
    await expectFreshReaderSeesAll();
  });
});
