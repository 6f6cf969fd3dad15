import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BucketAdmission } from '../../../connector/publish/bucket-admission.js';
import { PublishLane } from '../../../connector/publish/publish-lane.js';
import { ReplicaAcks } from '../../../connector/publish/replica-acks.js';
import { Spool } from '../../../connector/publish/spool.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { ackKey } from '../../../src/replication/format/index.js';
import { waitFor } from '../../support/index.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

let world: ConnectorWorld;
let publisher: TestPublisher;
let lane: PublishLane | null = null;

beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  publisher = await world.publisher({ leaseMs: 300 });
  await publisher.settle();
});
afterEach(async () => {
  await lane?.stop();
  lane = null;
  await world.end();
});

function startLane(maxBacklog: number, paceMs = 0): void {
  const { bucket, trust } = world;
  const log = createLogger({ level: 'silent', name: 'test' });
  lane = new PublishLane({
    ...{ publisher: publisher.publisher, lease: publisher.lease, db: publisher.db },
    ...{ bucket, trust, log, spool: new Spool(world.spoolFolder, 1_000_000_000) },
    admission: new BucketAdmission({ bucket, trust, log, purgeMayWait: false }),
    onGenerationLive: () => Promise.resolve(),
    ...{ pollMs: 20, leaseMs: 300, beatMs: 10_000, paceMs, maxBacklog },
  });
  lane.start();
}

const changeAccount = () => world.insert('crm.account', { name: 'Acme', kind: 'customer' });

describe('the lane', () => {
  it('coalesces a long backlog once in a while, not with every report', async () => {
    await world.sql('UPDATE replication.connector_control SET paused = true');
    await changeAccount();
    let reports = 0;
    let coalesced = 0;
    const query = publisher.db.query.bind(publisher.db);
    publisher.db.query = (sql, parameters) => {
      if (sql.includes('UPDATE replication.connector_status')) reports += 1;
      if (sql.includes('coalesce_changes')) coalesced += 1;
      return query(sql, parameters);
    };
    startLane(0);
    await waitFor(() => reports >= 3, { timeoutMs: 20_000 });
    expect(coalesced).toBe(1);
  });

  it('lets a batch take what has gathered, and sends a first change at once', async () => {
    const PACE_MS = 1_500;
    startLane(1_000_000, PACE_MS);
    const published = async (): Promise<number> =>
      Number((await world.sql('SELECT max(head) AS n FROM replication.generation'))[0]?.n);
    const before = await published();
    const startedAt = performance.now();
    await changeAccount();
    await waitFor(async () => (await published()) > before, { timeoutMs: 20_000 });
    let changes = 0;
    // until the pace is over, whatever a change costs here
    for (; performance.now() - startedAt < PACE_MS + 500; changes += 1) await changeAccount();
    await waitFor(async () => (await world.reader.catchUp(), world.reader.rows('account').size > changes), {
      timeoutMs: 20_000,
    });
    expect(changes).toBeGreaterThan(20);
    expect((await published()) - before).toBeLessThanOrEqual(4);
  });

  it('waits for its own lock on the lease with one connection', async () => {
    startLane(1_000_000);
    const holder = await world.database.admin.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM replication.lease FOR UPDATE');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const waiting = await world.sql(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%replication.lease%'`,
    );
    await holder.query('ROLLBACK');
    holder.release();
    expect(waiting).toEqual([{ n: 1 }]);
  });

  it('takes an ack that is too long for one that was refused', async () => {
    await world.bucket.put(ackKey('london'), Buffer.alloc(2 * 1024 * 1024));
    const acks = new ReplicaAcks(publisher.db, world.bucket, world.trust);
    expect(await acks.collect()).toEqual(['london']);
  });

  it('forgets old changes also while the bucket will not show the acks', async () => {
    const old = await changeAccount();
    await publisher.settle();
    const get = world.bucket.get.bind(world.bucket);
    world.bucket.get = (key, options) =>
      key.startsWith('acks/') ? Promise.reject(new Error('forbidden')) : get(key, options);
    startLane(1_000_000);
    const isForgotten = async () => {
      // Transaction ids are the whole cluster's: what a test beside this one has open keeps a batch from letting go of
      // the change. Only a later batch and a later round of upkeep do, so there must be more of both.
      await changeAccount();
      return (await world.sql('SELECT 1 FROM replication.change WHERE id = $1', [old])).length === 0;
    };
    await waitFor(isForgotten, { timeoutMs: 60_000, intervalMs: 500 });
  });
});
