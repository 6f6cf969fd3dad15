import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ackKey,
  beatKey,
  deleteLine,
  generateSigningKey,
  keyFolders,
  manifestKey,
  partKey,
  RootKeyStore,
  rootKey,
  signerFrom,
  TrustChain,
  upsertLine,
  verifyAck,
} from '../../../src/replication/format/index.js';
import type { ReplicaFollower } from '../../../src/replication/replica/index.js';
import { seed } from './premises-seed.js';
import { contents, openDatabases, openStage, tenant, type Databases, type Stage } from './premises.js';

let databases: Databases;
let stage: Stage;
let follower: ReplicaFollower;
beforeAll(async () => {
  databases = await openDatabases();
});
afterAll(() => databases.drop());
beforeEach(async () => {
  stage = await openStage(databases);
  follower = stage.follower();
  await seed(stage, 200);
});
afterEach(() => stage.close());

const idIn = (row: string) => row.slice('{"id":"'.length, '{"id":"'.length + 36);
const change = (sql: string) => stage.primary.admin.query(sql);
async function caughtUp(): Promise<void> {
  while ((await follower.step()) === 'applied');
  expect(await lastError()).toBeNull();
}
async function lastError(): Promise<{ code: string; message: string; at: string } | null> {
  const { rows } = await stage.replica.admin.query<{
    last_error: { code: string; message: string; at: string } | null;
  }>('SELECT last_error FROM replication.replica_watch');
  return rows[0]?.last_error ?? null;
}
async function position(): Promise<string> {
  const { rows } = await stage.replica.admin.query<{ at: string }>(
    `SELECT generation || '.' || n AS at FROM replication.replica_state`,
  );
  return rows[0]?.at ?? '';
}
async function same(): Promise<void> {
  const { premises, replica } = await contents(stage);
  expect(replica).toEqual(premises);
  expect(premises.length).toBeGreaterThan(100);
}
/** Runs the follower and says that it refuses, keeps the rows and the position, and recovers afterwards. */
async function refuses(code: string): Promise<void> {
  const before = { rows: (await contents(stage)).replica, at: await position() };
  expect(await follower.step()).toBe('failed');
  expect(await lastError()).toMatchObject({ code });
  expect({ rows: (await contents(stage)).replica, at: await position() }).toEqual(before);
}
async function flip(key: string, bit: number): Promise<() => Promise<void>> {
  const path = join(stage.folder, 'bucket', key);
  const bytes = await readFile(path);
  const changed = Buffer.from(bytes);
  const at = bit % (bytes.length * 8);
  changed.writeUInt8((changed[at >> 3] ?? 0) ^ (1 << (at & 7)), at >> 3);
  await writeFile(path, changed);
  return () => writeFile(path, bytes);
}

describe('a replica', () => {
  it('takes the snapshot and every delta, tombstones included, byte for byte', async () => {
    await stage.publisher.publish();
    await caughtUp();
    await same();
    await change(`UPDATE crm.deal SET amount = amount + 1 WHERE id IN (SELECT id FROM crm.deal LIMIT 50)`);
    await change(`DELETE FROM crm.deal WHERE id IN (SELECT id FROM crm.deal ORDER BY id DESC LIMIT 30)`);
    await stage.publisher.publish();
    await change(`UPDATE crm.account SET sector = CASE WHEN sector IS NULL THEN 'medical' END`);
    await stage.publisher.publish();
    await stage.publisher.publish();
    await caughtUp();
    await same();
    expect(await position()).toBe('1.4');
  });

  it('holds nothing of the columns and rows that do not travel', async () => {
    await stage.publisher.publish();
    await caughtUp();
    const { rows } = await stage.replica.admin.query(
      'SELECT count(revenue)::int AS revenue, (SELECT count(email)::int FROM crm."user") AS emails FROM crm.account',
    );
    expect(rows).toEqual([{ revenue: 0, emails: 0 }]);
  });

  it('replaces everything with a new generation in one step, also what an older policy let through', async () => {
    await stage.publisher.publish();
    await caughtUp();
    await stage.replica.admin.query(`UPDATE crm.account SET revenue = 1`);
    await change(`DELETE FROM crm.deal WHERE id IN (SELECT id FROM crm.deal LIMIT 10)`);
    stage.publisher.startGeneration();
    await stage.publisher.publish();
    await change(`UPDATE crm.deal SET name = name || '!'`);
    await stage.publisher.publish();
    await caughtUp();
    await same();
    expect(await position()).toBe('2.2');
    const { rows } = await stage.replica.admin.query('SELECT count(revenue)::int AS n FROM crm.account');
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('lets the last line of an id count in a first snapshot, which is read while people work', async () => {
    const deals = (await contents(stage)).premises.filter((row) => row.startsWith('deal '));
    const [renamed = '', returned = ''] = deals.map((row) => row.slice('deal '.length));
    const goneId = '0199a1b2-0000-7000-8000-000000000001';
    stage.publisher.forge = {
      earlier: [
        upsertLine('deal', renamed.replace('"name":"Deal', '"name":"Before')),
        upsertLine('deal', renamed.replace(idIn(renamed), goneId)),
        deleteLine('deal', idIn(returned)),
      ],
      later: [deleteLine('deal', goneId)],
    };
    const { types } = await stage.publisher.publish();
    expect(types.find(({ type }) => type === 'deal')).toMatchObject({ upserts: 202, deletes: 2, count: 200 });
    await caughtUp();
    await same();
  });

  it('says what it applied in an ack that its own key signed', async () => {
    const manifest = await stage.publisher.publish();
    await caughtUp();
    const root = TrustChain.pin(await stage.bucket.get(rootKey(1)), { tenant }).current;
    const ack = verifyAck(await stage.bucket.get(ackKey('london')), root, { replica: 'london' });
    expect(ack).toMatchObject({
      generation: 1,
      n: 1,
      manifest: stage.publisher.head,
      asOf: manifest.asOf,
      sequence: 1,
    });
    // and announces whom to seal the next generation to
    expect(ack.recipients).toEqual([
      { fromGeneration: 2, recipient: expect.stringMatching(/^age1/) },
      { fromGeneration: 1, recipient: stage.recipient },
    ]);
  });

  it('asks a bucket that takes no ack now and then, not at every look', async () => {
    let asked = 0;
    const put = stage.bucket.put.bind(stage.bucket);
    stage.bucket.put = (key, ...rest) => {
      if (!key.startsWith('acks/')) return put(key, ...rest);
      asked += 1;
      return Promise.reject(new Error('read-only'));
    };
    await stage.publisher.publish();
    for (let look = 0; look < 5; look += 1) await caughtUp();
    await same();
    expect(asked).toBe(1);
  });

  it('takes the time of a beat as proof that nothing has changed since', async () => {
    await stage.publisher.publish();
    await caughtUp();
    await stage.publisher.beat(-1000);
    await caughtUp();
    const { rows } = await stage.replica.admin.query<{ later: boolean; expired: boolean }>(
      `SELECT confirmed_as_of > (SELECT as_of FROM replication.replica_state) AS later, beat_expires < now() AS expired
       FROM replication.replica_watch`,
    );
    expect(rows).toEqual([{ later: true, expired: true }]);
  });

  it('works without a beat', async () => {
    stage.publisher.forge.beat = false;
    await stage.publisher.publish();
    await change(`DELETE FROM crm.deal WHERE id IN (SELECT id FROM crm.deal LIMIT 5)`);
    await stage.publisher.publish();
    await caughtUp();
    stage.publisher.startGeneration();
    await stage.publisher.publish();
    await caughtUp();
    await same();
    expect(await position()).toBe('2.1');
  });
});

describe('a replica refuses, serves its last good state, and goes on once the bucket is right again:', () => {
  beforeEach(async () => {
    await stage.publisher.publish();
    await caughtUp();
    await change(`UPDATE crm.deal SET name = name || ' changed'`);
  });

  it.each([
    ['the manifest', manifestKey(1, 2)],
    ['a part', partKey(1, 2, 0)],
    ['the beat', beatKey],
  ])('a bit flipped in %s', async (_, key) => {
    await stage.publisher.publish();
    for (const bit of [3, 999, 3001]) {
      const restore = await flip(key, bit);
      expect(await follower.step()).toBe('failed');
      expect((await lastError())?.code).toMatch(/^format\./);
      expect(await position()).toBe('1.1');
      await restore();
    }
    await caughtUp();
    await same();
  });

  it('a missing part, then a missing manifest', async () => {
    await stage.publisher.publish();
    for (const [key, code] of [
      [partKey(1, 2, 0), 'bucket.object_not_found'],
      [manifestKey(1, 2), 'replica.manifest_missing'],
    ] as const) {
      const bytes = await stage.bucket.get(key);
      await stage.bucket.remove([key]);
      await refuses(code);
      await stage.bucket.put(key, bytes);
    }
    await caughtUp();
    await same();
  });

  it('a part cut off, and another part in its place', async () => {
    await stage.publisher.publish();
    const key = partKey(1, 2, 0);
    const bytes = await stage.bucket.get(key);
    await stage.bucket.put(key, bytes.subarray(0, -1));
    await refuses('format.truncated');
    await stage.bucket.put(key, await stage.bucket.get(partKey(1, 1, 0)));
    await refuses('format.out_of_place');
    await stage.bucket.put(key, bytes);
    await caughtUp();
    await same();
  });

  it('a signature by a stranger', async () => {
    stage.publisher.forge.signer = signerFrom(generateSigningKey());
    await stage.publisher.publish();
    await refuses('format.signature_invalid');
  });

  it.each([
    ['another tenant', { tenant: 'other' }, 'format.other_tenant'],
    ['another predecessor', { previous: 'cd'.repeat(32) }, 'format.chain_broken'],
    ['an older lease epoch', { epoch: 0 }, 'format.chain_broken'],
    ['another policy', { policy: { version: 9, hash: 'cd'.repeat(32) } }, 'format.chain_broken'],
    ['another number', { n: 3 }, 'format.out_of_place'],
    ['a newer reader asked for', { minReader: 2 }, 'format.reader_too_old'],
    ['an unknown feature', { features: ['teleport'] }, 'format.reader_too_old'],
  ])('a manifest with %s', async (_, forged, code) => {
    stage.publisher.forge.manifest = forged;
    await stage.publisher.publish();
    await refuses(code);
  });

  it('rows that do not add up to what was signed', async () => {
    stage.publisher.forge.line = (line) => line.replace(' changed', ' CHANGED');
    await stage.publisher.publish();
    await refuses('replica.state_differs');
  });

  it('lines other than the manifest counts', async () => {
    const manifest = await stage.publisher.publish();
    await stage.bucket.remove([manifestKey(1, 2)]);
    stage.publisher.n = 1;
    stage.publisher.head = manifest.previous ?? '';
    const { types } = manifest;
    await stage.publisher.seal([deleteLine('deal', '0199a1b2-0000-7000-8000-000000000001')], types);
    await refuses('format.malformed');
  });

  it('a bucket set back to last week', async () => {
    const [now, then] = [join(stage.folder, 'bucket'), join(stage.folder, 'last-week')];
    await cp(now, then, { recursive: true });
    await stage.publisher.publish();
    await caughtUp();
    await cp(now, join(stage.folder, 'today'), { recursive: true });
    await rm(now, { recursive: true });
    await cp(then, now, { recursive: true });
    await refuses('replica.rolled_back');
    await rm(join(now, beatKey));
    await refuses('replica.rolled_back');
    await cp(join(stage.folder, 'today'), now, { recursive: true });
    await caughtUp();
    await same();
  });

  it('a beat that was seen before the rest came: nothing older than it is believed', async () => {
    await stage.publisher.publish();
    const restore = await flip(partKey(1, 2, 0), 5000);
    expect(await follower.step()).toBe('failed');
    const older = await stage.bucket.get(beatKey);
    await stage.publisher.publish();
    expect(await follower.step()).toBe('failed');
    await stage.bucket.put(beatKey, older);
    await refuses('replica.rolled_back');
    await stage.publisher.beat();
    await restore();
    await caughtUp();
    await same();
  });

  it('another history under the same number', async () => {
    const beat = await stage.bucket.get(beatKey);
    stage.publisher.head = 'cd'.repeat(32);
    await stage.publisher.beat();
    await refuses('replica.forked');
    await stage.bucket.put(beatKey, beat);
    await caughtUp();
  });

  it('an error keeps the time when it began', async () => {
    stage.publisher.forge.signer = signerFrom(generateSigningKey());
    await stage.publisher.publish();
    await follower.step();
    const first = await lastError();
    await follower.step();
    expect(await lastError()).toEqual(first);
  });
});

describe('a fresh replica', () => {
  it('accepts no bucket whose newest state is below its floor', async () => {
    await stage.publisher.publish();
    follower = stage.follower({ generation: 1, n: 2 });
    expect(await follower.step()).toBe('failed');
    expect(await lastError()).toMatchObject({ code: 'replica.rolled_back' });
    expect(await position()).toBe('');
    await stage.publisher.publish();
    await caughtUp();
    expect(await position()).toBe('1.2');
  });

  it('waits in peace while the bucket is empty', async () => {
    expect(await follower.step()).toBe('idle');
    expect(await lastError()).toBeNull();
  });
});

describe('a rotation of the signing key', () => {
  it('is followed through the numbered roots; the old key signs nothing new, its chain stays good', async () => {
    await stage.publisher.publish();
    await stage.publisher.publish();
    const fresh = signerFrom(generateSigningKey());
    const chain = TrustChain.pin(await stage.bucket.get(rootKey(1)), { tenant });
    const rootKeys = new RootKeyStore(keyFolders(join(stage.folder, 'keys')).root);
    await stage.bucket.put(rootKey(2), await rootKeys.nextRoot(chain, { manifestKeys: [fresh.publicKey] }));
    stage.publisher.forge = { signer: fresh, manifest: { root: 2 }, beat: false };
    await stage.publisher.publish();
    // The connector's newest word is by the new key; without it the manifests of the old one prove nothing any more.
    await stage.publisher.beat(60_000, stage.signer);
    await follower.step();
    await stage.bucket.put(beatKey, await newBeat(fresh));
    await caughtUp();
    await same();
    expect(await position()).toBe('1.3');
    stage.publisher.forge = { signer: stage.signer, beat: false };
    await stage.publisher.publish();
    await refuses('format.signature_invalid');
  });

  async function newBeat(signer: ReturnType<typeof signerFrom>): Promise<Buffer> {
    const { signBeat } = await import('../../../src/replication/format/index.js');
    const at = new Date().toISOString();
    const { generation, n, head } = stage.publisher;
    const beat = {
      tenant,
      root: 2,
      generation,
      n,
      manifest: head,
      epoch: 1,
      asOf: at,
      createdAt: at,
      expires: at,
    };
    return signBeat({ format: 'holdfast-beat/1', ...beat }, signer);
  }
});

describe('a replica that is killed while applying', () => {
  it('has all of a batch or nothing of it', async () => {
    await stage.publisher.publish();
    await caughtUp();
    await change(`UPDATE crm.deal SET name = name || ' later'`);
    await stage.publisher.publish();
    // Stops the applier in the middle of its transaction: after the rows of accounts, before those of deals.
    const blocker = await stage.replica.admin.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE crm.deal IN EXCLUSIVE MODE');
    const before = (await contents(stage)).replica;
    const stepping = follower.step();
    let pid: number | undefined;
    while (pid === undefined) {
      const { rows } = await stage.replica.admin.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE usename = 'holdfast_replica_apply' AND datname = current_database()
         AND wait_event_type = 'Lock'`,
      );
      pid = rows[0]?.pid;
    }
    await stage.replica.admin.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await stepping).toBe('failed');
    await blocker.query('ROLLBACK');
    blocker.release();
    expect((await contents(stage)).replica).toEqual(before);
    expect(await position()).toBe('1.1');
    await caughtUp();
    await same();
  });
});
