// What a look at a sound bucket says: nothing, and how much it has looked at.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { purgeGenerationsBelow } from '../../../connector/purge/index.js';
import { createDataSource } from '../../../src/platform/database/index.js';
import {
  generateRecipient,
  manifestKey,
  partKey,
  signManifest,
} from '../../../src/replication/format/index.js';
import { PublishedBatches } from '../../../src/replication/verify/index.js';
import { fileOf, signal } from '../connector/attachment-world.js';
import { TENANT } from '../connector/connector-world.js';
import { faults, openVerifyWorld, type VerifyWorld } from './verify-world.js';

const HOUR_MS = 3_600_000;
let made: VerifyWorld;
beforeAll(async () => {
  made = await openVerifyWorld();
});
afterAll(() => made.end());

describe('a sound bucket', () => {
  it('has no findings, and every object was read', async () => {
    const { bucket, root } = made;
    const keys = await bucket.keys();
    for (const kind of ['root/', 'beat', 'm/', 'd/', 'b/', 'acks/', 'receipts/', 'audit/'])
      expect(keys.some((key) => key.startsWith(kind))).toBe(true);
    const seen: number[] = [];
    const report = await bucket.verify({ root, onProgress: ({ objects }) => seen.push(objects) });
    expect(faults(report)).toEqual([]);
    const sizes = await Promise.all(keys.map(async (key) => (await bucket.read(key)).length));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    expect(report).toMatchObject({ tenant: TENANT, objects: keys.length, bytes, bytesRead: bytes });
    expect(report).toMatchObject({ root: { pinned: 1, newest: 2 }, standing: { generation: 1, n: 4 } });
    expect(report).toMatchObject({ opened: null, comparedWithPremises: null, beat: { isExpired: false } });
    expect(report.condemned.objects).toBe(1);
    expect(seen.at(-1)).toBeGreaterThan(keys.length - 3);
  });

  it('gives with an identity the rows, checksums and files that were signed', async () => {
    const { bucket, root, identity } = made;
    const report = await bucket.verify({ root, identities: [identity] });
    expect(faults(report)).toEqual([]);
    const parts = (await bucket.keys()).filter((key) => key.startsWith('d/')).length;
    expect(report.opened).toMatchObject({ parts, attachments: 1 });
    expect(report.opened?.rows).toBeGreaterThan(parts);
    expect(report.standing?.types.find(({ type }) => type === 'contact')?.count).toBe(4);
  });

  it('says where an identity opens nothing, and compares the bytes all the same', async () => {
    const { identity } = await generateRecipient();
    const report = await made.bucket.verify({ root: made.root, identities: [identity] });
    expect(faults(report)).toEqual(['warning verify.not_opened -']);
    expect(report.opened).toEqual({ parts: 0, rows: 0, attachments: 0 });
  });

  it('is what the premises recorded, batch by batch', async () => {
    const url = made.world.database.urls.app;
    const dataSource = await createDataSource({ url, entities: [], applicationName: 'verify' }).initialize();
    const premises = new PublishedBatches(dataSource);
    const options = { root: made.root, premises };
    const report = await made.bucket.verify(options);
    expect({ faults: faults(report), compared: report.comparedWithPremises }).toEqual({
      ...{ faults: [], compared: 4 },
    });
    await made.world.sql(
      `UPDATE replication.batch SET types = jsonb_set(types, '{0,count}', '77') WHERE n = 2`,
    );
    expect(faults(await made.bucket.verify(options))).toEqual([
      `error verify.premises_differ ${manifestKey(1, 2)}`,
    ]);
    await made.world.sql(`UPDATE replication.batch SET digest = repeat('0', 64) WHERE n = 3`);
    expect(faults(await made.bucket.verify(options))).toContain(
      `error verify.premises_differ ${manifestKey(1, 3)}`,
    );
    await dataSource.destroy();
  });

  it('may have an expired beat, unless it has to be fresh', async () => {
    const later = { root: made.root, at: new Date(Date.now() + HOUR_MS) };
    const report = await made.bucket.verify(later);
    expect(report.findings.map(({ code }) => code)).toContain('verify.beat_expired');
    expect(faults(report)).toEqual([]);
    expect(faults(await made.bucket.verify({ ...later, isFresh: true }))).toEqual([
      'error verify.beat_expired beat.json',
    ]);
  });

  it('is pinned by a later root as well', async () => {
    const root = await made.bucket.read('root/00000002.json');
    const report = await made.bucket.verify({ root, identities: [made.identity] });
    expect({ faults: faults(report), root: report.root }).toEqual({
      ...{ faults: [], root: { pinned: 2, newest: 2 } },
    });
  });

  it('can be stopped', async () => {
    const stop = new AbortController();
    const onProgress = () => {
      stop.abort();
    };
    await expect(
      made.bucket.verify({ root: made.root, signal: stop.signal, onProgress }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('what comes and goes in a bucket in use', () => {
  it('counts parts beyond the head as in flight, and names those that were left behind', async () => {
    const copy = await made.bucket.copy();
    const next = { tenant: TENANT, generation: 1, n: 5, part: 0 };
    await copy.write(partKey(1, 5, 0, 9), (await made.part(next, 9)).bytes);
    await copy.write(partKey(2, 1, 0, 9), (await made.part({ ...next, generation: 2, n: 1 }, 9)).bytes);
    const report = await copy.verify({ root: made.root });
    expect({ faults: faults(report), inFlight: report.inFlight.objects }).toEqual({
      faults: [],
      inFlight: 2,
    });
    await copy.write(partKey(1, 3, 0, 9), (await made.part({ ...next, n: 3 }, 9)).bytes);
    expect(faults(await copy.verify({ root: made.root }))).toEqual([
      `warning verify.left_over ${partKey(1, 3, 0, 9)}`,
    ]);
  });

  it('takes an upload that no batch names yet as in flight, for an hour', async () => {
    const { world, bucket, root } = made;
    const before = new Set(await bucket.keys());
    const { blob } = await world.attach(made.account, fileOf(400));
    await world.upload(blob);
    const [fresh = ''] = (await bucket.keys()).filter((key) => !before.has(key));
    const report = await bucket.verify({ root });
    expect({ faults: faults(report), inFlight: report.inFlight.objects }).toEqual({
      faults: [],
      inFlight: 1,
    });
    const copy = await bucket.copy();
    await copy.age(fresh, 2 * HOUR_MS);
    expect(faults(await copy.verify({ root }))).toEqual([`warning verify.left_over ${fresh}`]);
  });

  it('takes manifests that wait for their beat as what the bucket stands at', async () => {
    const beat = await made.bucket.read('beat.json');
    await made.publish();
    const late = await made.bucket.copy();
    await late.write('beat.json', beat);
    const report = await late.verify({ root: made.root, identities: [made.identity] });
    expect({ faults: faults(report), n: report.standing?.n }).toEqual({ faults: [], n: 5 });
    const later = new Date(Date.now() + HOUR_MS);
    expect(faults(await late.verify({ root: made.root, at: later }))).toEqual([
      'error verify.beat_behind beat.json',
    ]);
  });

  it('names what should be gone: a condemned file after a day, and an older generation', async () => {
    const { world, bucket, root, identity } = made;
    const later = (hours: number) => ({ root, at: new Date(Date.now() + hours * HOUR_MS) });
    const condemned = (await bucket.verify({ root })).findings.find(
      ({ code }) => code === 'verify.condemned',
    );
    expect(faults(await bucket.verify(later(25)))).toContain(
      `warning verify.should_be_gone ${condemned?.key ?? ''}`,
    );
    await world.activate(`types: { account: { where: { field: sector, op: eq, value: retail } } }`);
    await made.publish();
    const report = await bucket.verify({ root, identities: [identity] });
    expect({ faults: faults(report), at: report.standing?.generation }).toEqual({ faults: [], at: 2 });
    const old = (await bucket.keys()).filter((key) => /^[md]\/00000001\//.test(key));
    const named = faults(await bucket.verify(later(1)));
    expect(named.filter((line) => /[md]\/00000001/.test(line)).sort()).toEqual(
      old.map((key) => `warning verify.should_be_gone ${key}`).sort(),
    );
    await purgeGenerationsBelow(world.bucket, 2, signal);
    expect(faults(await bucket.verify({ root }))).toEqual([]);
  });

  it('follows a generation that was made anew of the same rows, and sees one that is not', async () => {
    const { world, bucket, lane, root, identity } = made;
    await world.sql(`INSERT INTO replication.generation_request (id, reason) VALUES ($1, 'test')`, [
      randomUUID(),
    ]);
    lane.publisher.rebaser.lookNow();
    await made.publish();
    const report = await bucket.verify({ root, identities: [identity] });
    expect({ faults: faults(report), at: report.standing?.generation }).toEqual({ faults: [], at: 3 });
    const { manifest } = await made.manifest(3, 1);
    expect(manifest.equals).toMatchObject({ generation: 2 });
    const copy = await bucket.copy();
    const types = manifest.types.map((state) => ({ ...state, count: state.count + 1 }));
    await copy.write(manifestKey(3, 1), signManifest({ ...manifest, types }, world.trust.signer));
    expect(faults(await copy.verify({ root }))).toContain(`error verify.state_differs ${manifestKey(3, 1)}`);
  });
});
