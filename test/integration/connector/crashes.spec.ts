import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { purgeGenerationsBelow } from '../../../connector/purge/purge-generations.js';
import { LeaseLost } from '../../../connector/publish/publish.errors.js';
import type { LaneStep } from '../../../connector/publish/lane-events.js';
import { Spool } from '../../../connector/publish/spool.js';
import { manifestKey, partPrefix } from '../../../src/replication/format/index.js';
import { waitFor } from '../../support/wait-for.js';
import { Crash, crashAt, openWorld, viewContent, type ConnectorWorld } from './connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
`;

let world: ConnectorWorld;
beforeEach(async () => {
  world = await openWorld();
  await world.activate(POLICY);
});
afterEach(() => world.end());

const account = (values: Record<string, unknown> = {}) =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'software', ...values });

async function expectExact(): Promise<void> {
  await world.reader.catchUp();
  for (const type of ['account', 'contact'])
    expect(world.reader.rows(type)).toEqual(await viewContent(world, type));
  const { undo, pending } = (
    await world.sql(`SELECT (SELECT count(*)::int FROM replication.ledger_undo) AS undo,
      (SELECT count(*)::int FROM replication.batch WHERE state = 'pending') AS pending`)
  )[0] as { undo: number; pending: number };
  expect({ undo, pending, spool: await readdir(world.spoolFolder) }).toEqual({
    undo: 0,
    pending: 0,
    spool: [],
  });
}

const STEPS: LaneStep[] = ['sealed', 'recorded', 'part-uploaded', 'manifest-ready', 'manifest-put'];

describe('a publisher that is killed', () => {
  it.each(STEPS)('goes on after "%s" of a delta, without a gap and without sending twice', async (step) => {
    const first = await world.publisher();
    const id = await account();
    await first.settle();
    await first.vanish();
    await world.sql('UPDATE crm.account SET name = $1 WHERE id = $2', ['changed', id]);
    await account({ name: 'new' });
    const second = await world.publisher({ listeners: [crashAt(step)] });
    await expect(second.settle()).rejects.toThrow(Crash);
    await second.vanish();
    await world.sql('UPDATE crm.account SET name = $1 WHERE id = $2', ['changed again', id]);
    const third = await world.publisher();
    await third.settle();
    await expectExact();
    expect(world.reader.head?.generation).toBe(1);
  });

  // a snapshot's parts go up while it is read, so that step is not one of its own
  it.each(['chunk-recorded', ...STEPS.filter((step) => step !== 'part-uploaded')] as LaneStep[])(
    'goes on after "%s" of a first snapshot',
    async (step) => {
      for (let index = 0; index < 7; index += 1) await account({ name: `account ${String(index)}` });
      const first = await world.publisher({ listeners: [crashAt(step)], chunkRows: 2 });
      await expect(first.settle()).rejects.toThrow(Crash);
      await first.vanish();
      await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE name = 'account 0'`);
      await account({ name: 'late' });
      const chunksRead: string[] = [];
      const counter = {
        onStep: (reached: LaneStep) => {
          if (reached === 'chunk-recorded') chunksRead.push(reached);
        },
      };
      const second = await world.publisher({ chunkRows: 2, listeners: [counter] });
      await second.settle();
      await expectExact();
      expect(world.reader.head?.generation).toBe(1);
      if (step === 'chunk-recorded') expect(chunksRead.length).toBeLessThan(5);
    },
  );

  it('makes a batch again when its spool is lost, from the state before it', async () => {
    const first = await world.publisher();
    const id = await account();
    await first.settle();
    await first.vanish();
    await world.sql('DELETE FROM crm.account WHERE id = $1', [id]);
    await account({ name: 'new' });
    const second = await world.publisher({ listeners: [crashAt('recorded')] });
    await expect(second.settle()).rejects.toThrow(Crash);
    await second.vanish();
    await rm(world.spoolFolder, { recursive: true });
    const third = await world.publisher();
    await third.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 1, n: 2 });
  });

  it('never uploads a spool that was damaged', async () => {
    const first = await world.publisher();
    await account();
    await first.settle();
    await account({ name: 'new' });
    await first.vanish();
    const second = await world.publisher({ listeners: [crashAt('recorded')] });
    await expect(second.settle()).rejects.toThrow(Crash);
    await second.vanish();
    const [batch] = await readdir(world.spoolFolder);
    await writeFile(join(world.spoolFolder, batch ?? '', 'part-0'), 'damaged');
    const third = await world.publisher();
    await third.settle();
    await expectExact();
  });

  it('begins the snapshot again when the spool of an unfinished one is lost', async () => {
    for (let index = 0; index < 5; index += 1) await account();
    const first = await world.publisher({ listeners: [crashAt('recorded')], chunkRows: 2 });
    await expect(first.settle()).rejects.toThrow(Crash);
    await first.vanish();
    await rm(world.spoolFolder, { recursive: true, force: true });
    await rm(join(world.bucketFolder, 'd'), { recursive: true, force: true });
    const second = await world.publisher({ chunkRows: 2 });
    await second.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 1 });
  });
});

describe('a first snapshot over a bucket that is away', () => {
  it('stops when its spool is full, and goes on from there when the bucket is back', async () => {
    for (let index = 0; index < 7; index += 1) await account();
    const { bucket } = world;
    const putFile = bucket.putFile.bind(bucket);
    bucket.putFile = () => Promise.reject(new Error('away'));
    const lane = await world.publisher({ chunkRows: 2, spool: new Spool(world.spoolFolder, 1) });
    await expect(lane.settle()).rejects.toMatchObject({ code: 'spool-full' });
    await expect(lane.settle()).rejects.toMatchObject({ code: 'spool-full' });
    bucket.putFile = putFile;
    await lane.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 1, n: 1 });
  });
});

describe('two publishers', () => {
  it('do not both hold the lease', async () => {
    const first = await world.publisher();
    const second = await world.publisher();
    expect([first.lease.isHeld, second.lease.isHeld]).toEqual([true, false]);
  });

  it.each(['sealed', 'manifest-ready'] as LaneStep[])(
    'refuses the one that slept past its lease at "%s"',
    async (step) => {
      await account();
      let successor: Promise<unknown> = Promise.resolve();
      const takeOver = {
        onStep: async (reached: LaneStep, batch: { n: number }) => {
          if (reached !== step || batch.n !== 2) return;
          await world.sql(`UPDATE replication.lease SET expires_at = '-infinity'`);
          const next = await world.publisher();
          successor = next.settle();
          await successor;
        },
      };
      const first = await world.publisher({ listeners: [takeOver] });
      await first.settle();
      await account({ name: 'new' });
      await expect(first.settle()).rejects.toThrow(LeaseLost);
      await successor;
      await world.reader.catchUp();
      expect(world.reader.rows('account')).toEqual(await viewContent(world, 'account'));
      expect(world.reader.head).toMatchObject({ generation: 1, n: 2 });
    },
  );
});

describe('a fork', () => {
  it('stops the lane when a stranger holds the next number, until a person allows a new generation', async () => {
    const lane = await world.publisher();
    await account();
    await lane.settle();
    await world.bucket.put(manifestKey(1, 2), Buffer.from('{}'));
    await account({ name: 'new' });
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
    await world.sql(
      `UPDATE replication.connector_control SET fork_allowed_until = now() + interval '1 hour'`,
    );
    await lane.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 1 });
  });

  it('is seen when the bucket has lost the last batch', async () => {
    const lane = await world.publisher();
    await lane.settle();
    await account();
    await lane.settle();
    await world.bucket.remove([manifestKey(1, 2)]);
    await account();
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  });

  it('is seen when the database was set back: the bucket is ahead of it', async () => {
    const lane = await world.publisher();
    await lane.settle();
    await world.sql(`CREATE TABLE saved_generation AS SELECT * FROM replication.generation`);
    await account();
    await lane.settle();
    await world.sql(
      `UPDATE replication.generation g SET head = s.head, head_digest = s.head_digest FROM saved_generation s`,
    );
    await world.sql(`DELETE FROM replication.batch WHERE n = 2`);
    await account();
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  });

  it.each([
    ['another cluster', `UPDATE replication.generation SET system_identifier = '1'`],
    ['another timeline', 'UPDATE replication.generation SET timeline = 99'],
    [
      'transaction ids that went back',
      `UPDATE replication.generation SET cursor_snapshot = '99999999:99999999:'`,
    ],
  ])('is seen by %s', async (_what, change) => {
    const lane = await world.publisher();
    await lane.settle();
    await world.sql(change);
    await account();
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  });

  it('is not concluded on a standby, whose silence proves nothing either', async () => {
    const lane = await world.publisher();
    await lane.settle();
    const one = lane.db.one.bind(lane.db);
    lane.db.one = (sql, parameters) => one(sql.replace('pg_is_in_recovery()', 'true'), parameters);
    const before = lane.publisher.currentAsOf;
    await expect(lane.settle()).rejects.toMatchObject({ code: 'standby-refused' });
    expect(lane.publisher.currentAsOf).toBe(before);
  });

  it('is seen by a database that never published, over a bucket that is not empty', async () => {
    await world.bucket.put(manifestKey(3, 1), Buffer.from('{}'));
    const lane = await world.publisher();
    await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  });
});

describe('a changed policy', () => {
  const NARROWER = `
types:
  account: { where: { field: sector, op: eq, value: retail } }
  contact: { follows: account }
`;

  it('makes a new generation, and nothing of the old policy is published after it', async () => {
    const lane = await world.publisher();
    await account({ sector: 'retail', name: 'Shop' });
    await account();
    await lane.settle();
    await world.activate(NARROWER);
    await lane.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 1, policy: { version: 2 } });
    expect(world.reader.rows('account').size).toBe(1);
  });

  it.each(['sealed', 'recorded', 'part-uploaded'] as LaneStep[])(
    'gives up a batch that was at "%s"',
    async (step) => {
      const change = {
        onStep: async (reached: LaneStep, batch: { generation: number; n: number }) => {
          if (reached === step && batch.generation === 1 && batch.n === 2) await world.activate(NARROWER);
        },
      };
      const lane = await world.publisher({ listeners: [change] });
      await account({ sector: 'retail' });
      await lane.settle();
      await account();
      await lane.settle();
      expect(await world.bucket.head(manifestKey(1, 2))).toBeNull();
      const parts = await readdir(join(world.bucketFolder, partPrefix(1)));
      expect(parts.some((name) => name.startsWith('0000000002-'))).toBe(step === 'part-uploaded');
      await expectExact();
      expect(world.reader.head).toMatchObject({ generation: 2, n: 1 });
      // the part that was on its way goes with its generation
      await purgeGenerationsBelow(world.bucket, 2, new AbortController().signal);
      for await (const { key } of world.bucket.list(partPrefix(1))) expect(key).toBe('gone');
    },
  );

  it('waits for the manifest that is being put, and lets no other begin', async () => {
    await account({ sector: 'retail' });
    let approved = false;
    let approval: Promise<void> = Promise.resolve();
    const seen: Record<string, boolean> = {};
    const change = {
      onStep: async (reached: LaneStep, batch: { generation: number; n: number }) => {
        if (batch.generation !== 1 || batch.n !== 2) return;
        if (reached === 'manifest-ready') {
          approval = world.activate(NARROWER).then(() => {
            approved = true;
          });
          await waitFor(
            async () => {
              const [row] = await world.sql(
                `SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
              );
              return row?.waiting === 1;
            },
            { what: 'the approval to wait' },
          );
          seen.beforePut = approved;
        }
      },
    };
    const lane = await world.publisher({ listeners: [change] });
    await lane.settle();
    await account({ sector: 'retail' });
    expect(await lane.publisher.turn()).toBe('published');
    expect(seen).toEqual({ beforePut: false });
    expect(await world.bucket.head(manifestKey(1, 2))).not.toBeNull();
    await approval;
    await account({ sector: 'retail' });
    await lane.settle();
    expect(await world.bucket.head(manifestKey(1, 3))).toBeNull();
    await expectExact();
  });

  it('restarts a first snapshot that was half read', async () => {
    const change = {
      onStep: async (reached: LaneStep, batch: { generation: number }) => {
        if (reached === 'chunk-recorded' && batch.generation === 1) await world.activate(NARROWER);
      },
    };
    for (let index = 0; index < 5; index += 1) await account();
    const lane = await world.publisher({ listeners: [change], chunkRows: 2 });
    await lane.settle();
    await expectExact();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 1 });
    expect(world.reader.rows('account').size).toBe(0);
  });
});
