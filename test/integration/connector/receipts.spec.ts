import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { ReceiptMaker } from '../../../connector/receipts/index.js';
import {
  receiptKey,
  TrustChain,
  verifyReceipt,
  type Receipt,
} from '../../../src/replication/format/index.js';
import { beat, collectAcks, startFollower, type FollowingReplica } from '../replication/follower-world.js';
import { openWorld, TENANT, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
`;

let world: ConnectorWorld;
let lane: TestPublisher;
let replica: FollowingReplica;
let maker: ReceiptMaker;
const erasure = randomUUID();

beforeAll(async () => {
  world = await openWorld();
  await world.activate(POLICY);
  for (const name of ['One', 'Two', 'Three'])
    await world.insert('crm.account', { name, kind: 'customer', sector: 'software' });
  lane = await world.publisher();
  await lane.settle();
  await beat(world, lane);
  replica = await startFollower(world);
  await replica.catchUp();
  await collectAcks(world, lane);
  maker = new ReceiptMaker({
    db: lane.db,
    bucket: world.bucket,
    trust: world.trust,
    versionsMayRemain: false,
  });
});
afterAll(async () => {
  await replica.stop();
  await world.end();
});

async function eraseOne(): Promise<void> {
  const request = randomUUID();
  await world.sql(
    `INSERT INTO replication.generation_request (id, reason, purge_at_once) VALUES ($1, 'erasure', true)`,
    [request],
  );
  const [{ id } = { id: '' }] = await world.sql('DELETE FROM crm.account WHERE name = $1 RETURNING id', [
    'Two',
  ]);
  await world.sql(
    `INSERT INTO replication.erasure (id, sequence, subject_type, subject_id, reason, urgent, requested_at, erased, request_id)
     VALUES ($1, 1, 'account', $2, 'asked for', true, now(), '{}', $3)`,
    [erasure, id, request],
  );
  lane.publisher.rebaser.lookNow();
  await lane.settle();
  await beat(world, lane);
}

/** What the purge job does, without its queue. */
async function purge(): Promise<void> {
  const objects = await purgeGenerationsBelow(world.bucket, 2, new AbortController().signal);
  await world.sql(
    `UPDATE replication.generation SET state = 'purged', purged_objects = $1, listed_at = clock_timestamp() WHERE id = 1`,
    [objects],
  );
}

async function receipt(): Promise<Receipt> {
  const trust = TrustChain.pin(world.rootObject, { tenant: TENANT });
  return verifyReceipt(await world.bucket.get(receiptKey(2)), trust, { tenant: TENANT });
}

describe('a receipt', () => {
  it('is not written before everything is gone', async () => {
    expect(await maker.run()).toEqual([]);
    await eraseOne();
    expect(await maker.run()).toEqual([]);
  });

  it('says what is gone, and names the replica that has not said so', async () => {
    await purge();
    expect(await maker.run()).toEqual([2]);
    const first = await receipt();
    expect(first).toMatchObject({
      generation: 2,
      reason: 'erasure',
      erasures: [{ id: erasure }],
      purged: { generations: [1] },
      listing: { objectsOfOlderGenerations: 0 },
      sequence: 1,
    });
    expect(first.purged.objects).toBeGreaterThanOrEqual(2);
    expect(first.replicas).toMatchObject([{ name: 'london', state: 'unacknowledged', generation: 1 }]);
    expect(first.notProven).toEqual([
      'copies-made-by-others',
      'backups-of-replicas',
      'unacknowledged:london',
      'key-kept:london',
    ]);
  });

  it('is not written again while nobody has said more', async () => {
    expect(await maker.run()).toEqual([]);
    await world.insert('crm.account', { name: 'Four', kind: 'customer', sector: 'software' });
    await lane.settle();
    expect(await maker.run()).toEqual([]);
  });

  it('is completed when the replica stands in the new generation and has destroyed the older key', async () => {
    await replica.catchUp();
    await collectAcks(world, lane);
    expect(await maker.run()).toEqual([2]);
    const last = await receipt();
    const [london] = last.replicas;
    expect(london).toMatchObject({ name: 'london', state: 'acknowledged', generation: 2 });
    expect(london?.destroyed).toEqual(last.purged.recipients);
    expect(last.notProven).toEqual(['copies-made-by-others', 'backups-of-replicas']);
    expect(last.sequence).toBe(2);
    expect(await world.sql('SELECT is_final FROM replication.receipt')).toEqual([{ is_final: true }]);
    expect(await maker.run()).toEqual([]);
  });

  it('with a flipped bit is refused', async () => {
    const bytes = await world.bucket.get(receiptKey(2));
    const trust = TrustChain.pin(world.rootObject, { tenant: TENANT });
    for (let index = 0; index < bytes.length; index += 7) {
      const flipped = Buffer.from(bytes);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(() => verifyReceipt(flipped, trust, { tenant: TENANT })).toThrow();
    }
  });
});
