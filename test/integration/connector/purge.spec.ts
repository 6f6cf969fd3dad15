import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PartSweep, PurgeReconciler, purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import type { JobQueue } from '../../../src/platform/queue/index.js';
import { manifestKey, partKey } from '../../../src/replication/format/index.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

let world: ConnectorWorld;
let lane: TestPublisher;

beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  lane = await world.publisher();
  await lane.settle();
});
afterEach(() => world.end());

/** What a reconciler asks of the queue; the queue itself is tried in test/integration/platform. */
function reconciler(): { purges: PurgeReconciler; asked: unknown[] } {
  const asked: unknown[] = [];
  const queue: Pick<JobQueue, 'add'> = {
    add: (_job, data) => {
      asked.push(data);
      return Promise.resolve('');
    },
  };
  const log = createLogger({ level: 'silent', name: 'test' });
  return { purges: new PurgeReconciler(lane.db, queue as JobQueue, log), asked };
}

describe('what is left of older generations', () => {
  it('is looked for now and then even where none is known, since a frozen publisher may wake late', async () => {
    await world.activate('types: { account: , product: }');
    await lane.settle();
    await world.sql(`UPDATE replication.generation SET state = 'purged' WHERE state = 'retired'`);
    const { purges, asked } = reconciler();
    await purges.reconcile();
    await purges.reconcile();
    expect(asked).toEqual([{ live: 2 }]);
    await world.bucket.put(partKey(1, 9, 0), Buffer.from('late'));
    await purgeGenerationsBelow(world.bucket, 2, new AbortController().signal);
    expect(await world.bucket.head(partKey(1, 9, 0))).toBeNull();
    await world.reader.catchUp();
    expect(world.reader.head).toMatchObject({ generation: 2, n: 1 });
  });
});

describe('a part of the live generation', () => {
  const signal = new AbortController().signal;
  const sweep = (graceMs: number) => new PartSweep(lane.db, world.bucket, graceMs).run(signal);

  it('goes where no manifest of a published batch names it; those named, and those of a batch to come, stay', async () => {
    await world.insert('crm.account', { name: 'A', kind: 'customer' });
    await lane.settle();
    const [lost, toCome] = [partKey(1, 2, 0, 77), partKey(1, 3, 0, 77)];
    for (const key of [lost, toCome])
      await world.bucket.put(key, Buffer.from('of a publisher that was lost'));
    expect(await sweep(60_000)).toBe(0);
    expect(await sweep(-60_000)).toBe(1);
    expect(await world.bucket.head(lost)).toBeNull();
    expect(await world.bucket.head(toCome)).not.toBeNull();
    expect(await sweep(-60_000)).toBe(0);
    await world.reader.catchUp();
    expect(world.reader.head).toMatchObject({ generation: 1, n: 2 });
  });

  it('stays where a manifest in the bucket names it, whatever this database believes: it may be a copy', async () => {
    await world.insert('crm.account', { name: 'A', kind: 'customer' });
    await lane.settle();
    const [row] = await world.sql(
      `SELECT objects -> 0 ->> 'name' AS name FROM replication.published_batch WHERE n = 2`,
    );
    const part = String(row?.['name']);
    await world.sql(
      `UPDATE replication.published_batch SET objects = jsonb_set(objects, '{0,name}', '"d/00000001/0000000002-00000-e0000000099"') WHERE n = 2`,
    );
    expect(await sweep(-60_000)).toBe(0);
    expect(await world.bucket.head(part)).not.toBeNull();
    const manifest = await world.bucket.get(manifestKey(1, 2));
    await world.bucket.put(manifestKey(1, 2), Buffer.from('damaged'));
    expect(await sweep(-60_000)).toBe(0);
    await world.bucket.remove([manifestKey(1, 2)]);
    expect(await sweep(-60_000)).toBe(0);
    expect(await world.bucket.head(part)).not.toBeNull();
    await world.bucket.put(manifestKey(1, 2), manifest);
    await world.reader.catchUp();
    expect(world.reader.head).toMatchObject({ generation: 1, n: 2 });
  });

  it('stays where the account does not say what its batch consists of', async () => {
    await world.sql('DELETE FROM replication.published_batch');
    await world.bucket.put(partKey(1, 1, 9, 77), Buffer.from('who knows'));
    expect(await sweep(-60_000)).toBe(0);
  });
});
