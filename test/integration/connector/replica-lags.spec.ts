import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { forgetOldLags, noteReplicaLags } from '../../../connector/publish/replica-lags.js';
import { ReplicaLagsService } from '../../../src/replication/cloud/index.js';
import { openWorld, type ConnectorWorld, type TestPublisher } from './connector-world.js';

let world: ConnectorWorld;
let lane: TestPublisher;
let lags: ReplicaLagsService;

beforeAll(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  lane = await world.publisher();
  await lane.settle();
  lags = new ReplicaLagsService(world.app);
});
afterAll(() => world.end());
beforeEach(() => world.sql('DELETE FROM replication.replica_lag'));

const acknowledge = (replica: string, n: number) =>
  world.sql(
    `INSERT INTO replication.replica_ack (replica, generation, n, applied_at) VALUES ($1, 1, $2, now())
     ON CONFLICT (replica) DO UPDATE SET n = excluded.n`,
    [replica, n],
  );

const remember = (replica: string, ago: string, lagMs: number) =>
  world.sql(
    `INSERT INTO replication.replica_lag (replica, at, lag_ms) VALUES ($1, date_trunc('minute', now() - $2::interval), $3)`,
    [replica, ago, lagMs],
  );

const pointsOf = async (name: string, window: 'hour' | 'day' | 'week') =>
  (await lags.lags(window, null, 100)).data.find((each) => each.name === name)?.points ?? [];

describe('the lags of replicas over time', () => {
  it('keep the worst of each minute, also after the replica has caught up', async () => {
    await acknowledge('london', 1);
    await world.insert('crm.account', { name: 'Acme', kind: 'customer' });
    await lane.settle();
    await world.sql(`UPDATE replication.batch SET published_at = now() - interval '40 seconds' WHERE n = 2`);
    await noteReplicaLags(lane.db);
    await acknowledge('london', 2);
    await noteReplicaLags(lane.db);
    const points = await pointsOf('london', 'hour');
    // the second look may fall into the next minute
    expect(points.slice(1).map(({ lagMs }) => lagMs)).toEqual(points.length > 1 ? [0] : []);
    expect(points[0]?.lagMs).toBeGreaterThanOrEqual(40_000);
    expect(points[0]?.lagMs).toBeLessThan(60_000);
  });

  it('are the worst of each step of the window, and nothing where nobody looked', async () => {
    await acknowledge('london', 2);
    await remember('london', '2 hours', 7_000);
    await remember('london', '2 days', 5_000);
    await remember('london', '1 minute', 1_000);
    expect((await pointsOf('london', 'hour')).map(({ lagMs }) => lagMs)).toEqual([1_000]);
    expect((await pointsOf('london', 'day')).map(({ lagMs }) => lagMs)).toEqual([7_000, 1_000]);
    const { from, stepMs, steps } = await lags.lags('week', null, 100);
    const week = await pointsOf('london', 'week');
    expect(week[0]?.lagMs).toBe(5_000);
    for (const { at } of week) expect((Date.parse(at) - Date.parse(from)) % stepMs).toBe(0);
    const end = Date.parse(from) + steps * stepMs;
    expect(end).toBeGreaterThan(Date.now() - 5_000);
    expect(end - stepMs).toBeLessThanOrEqual(Date.now() + 5_000);
  });

  it('come page by page, without replicas that were revoked', async () => {
    for (const name of ['bern', 'oslo', 'paris']) await acknowledge(name, 1);
    await world.sql(`UPDATE replication.replica_ack SET revoked_at = now() WHERE replica = 'oslo'`);
    await noteReplicaLags(lane.db);
    const names = async (after: string | null, limit: number) =>
      (await lags.lags('hour', after, limit)).data.map(({ name }) => name);
    expect(await names(null, 2)).toEqual(['bern', 'london']);
    expect(await names('london', 2)).toEqual(['paris']);
    expect(await world.sql(`SELECT 1 FROM replication.replica_lag WHERE replica = 'oslo'`)).toEqual([]);
  });

  it('are forgotten after eight days', async () => {
    await remember('london', '9 days', 1);
    await remember('london', '7 days', 2);
    await forgetOldLags(lane.db);
    const kept = await world.sql('SELECT lag_ms::int AS lag FROM replication.replica_lag');
    expect(kept).toEqual([{ lag: 2 }]);
  });
});
