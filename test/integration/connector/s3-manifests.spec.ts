// The commit of a batch on S3, with what may go wrong at just that request put between us and a real server.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BucketAdmission, ConnectorTrust } from '../../../connector/publish/index.js';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { manifestKey, verifyManifest } from '../../../src/replication/format/index.js';
import { FaultProxy, ignoreConditions, loseAnswer, type Fault } from '../../support/fault-proxy/index.js';
import { makeS3Bucket, s3Options, sharedRadosgw, type Radosgw } from '../../support/radosgw/index.js';
import { keysOf } from '../bucket/bucket-kinds.js';
import { noShelf, openWorld, TENANT, type ConnectorWorld, type TestPublisher } from './connector-world.js';

const MANIFEST_PUT = { method: 'PUT', path: /\/m\// };
let gateway: Radosgw;
let proxy: FaultProxy;
let world: ConnectorWorld;
let direct: Bucket;
let proxied: Bucket;

beforeAll(async () => {
  gateway = await sharedRadosgw();
  proxy = await FaultProxy.to(gateway.port);
});
beforeEach(async () => {
  world = await openWorld();
  await world.activate('types: { account: }');
  const name = await makeS3Bucket(gateway);
  direct = openBucket(`s3://${name}`, s3Options(gateway));
  proxied = openBucket(`s3://${name}`, s3Options(gateway, gateway.owner, { endpoint: proxy.endpoint }));
});
afterEach(async () => {
  proxy.clear();
  await Promise.all([direct.close(), proxied.close()]);
  await world.end();
});
afterAll(() => proxy.close());

const account = () => world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'retail' });

describe('the answer to a manifest that is lost', () => {
  let lane: TestPublisher;
  beforeEach(async () => {
    lane = await world.publisher({ bucket: proxied });
    await lane.settle();
    await account();
    proxy.clear();
  });

  const batch = async () =>
    (await world.sql('SELECT n, state, nonce FROM replication.batch WHERE n = 2'))[0] ?? {};

  it('is no fork: the publisher knows its own nonce, and puts the manifest once', async () => {
    proxy.put(loseAnswer, MANIFEST_PUT, 1);
    expect(await lane.settle()).toContain('published');
    expect(proxy.count('PUT', /\/m\//)).toBe(1);
    const { state, nonce } = await batch();
    expect(state).toBe('published');
    const standing = await direct.get(manifestKey(1, 2));
    expect(verifyManifest(standing, world.trust.chain, { tenant: TENANT }).nonce).toBe(nonce);
    await account();
    expect(await lane.settle()).toContain('published');
    expect(await keysOf(direct, 'm/')).toEqual([1, 2, 3].map((n) => manifestKey(1, n)));
  });

  it('is none either where the bucket could not be asked just then: the next turn sees what landed', async () => {
    const deafens: Fault = async (passing) => {
      proxy.put(loseAnswer, { method: 'GET', path: /\/m\// });
      await loseAnswer(passing);
    };
    proxy.put(deafens, MANIFEST_PUT, 1);
    await expect(lane.settle()).rejects.toMatchObject({ code: 'bucket.unavailable' });
    expect((await batch()).state).toBe('pending');
    proxy.clear();
    expect(await lane.settle()).toContain('published');
    expect(proxy.count('PUT', /\/m\//)).toBe(0);
    expect((await batch()).state).toBe('published');
  });

  it.each(['unsigned', 'signed'] as const)(
    'is a fork where somebody else’s stands there: %s',
    async (kind) => {
      const foreign = kind === 'signed' ? await direct.get(manifestKey(1, 1)) : Buffer.from('{}');
      // it comes between the publisher's look and its own manifest, whose refusal is then not heard
      const comesBefore: Fault = async (passing) => {
        await direct.put(manifestKey(1, 2), foreign);
        await loseAnswer(passing);
      };
      proxy.put(comesBefore, MANIFEST_PUT, 1);
      await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
      await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
      expect((await direct.get(manifestKey(1, 2))).equals(foreign)).toBe(true);
      expect((await batch()).state).toBe('pending');
    },
  );
});

describe('a bucket that ignores conditions', () => {
  const emptyListing: Fault = async ({ request, response }) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>lagging</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>',
    );
    await Promise.resolve();
  };

  async function admission(): Promise<BucketAdmission> {
    const trust = await ConnectorTrust.load(world.folder, TENANT, noShelf);
    const log = createLogger({ level: 'silent', name: 'test' });
    return new BucketAdmission({ bucket: proxied, trust, purgeMayWait: false, log });
  }

  it('and whose listings lag is refused, and nothing is left in it', async () => {
    proxy.put(ignoreConditions(gateway.owner), { method: 'PUT' });
    // as a listing that has not heard yet of what was just written
    proxy.put(emptyListing, { method: 'GET', path: /list-type=2.*prefix=probe/ });
    const asked = await admission();
    await expect(asked.ask()).rejects.toMatchObject({ code: 'bucket-unsafe' });
    expect(await asked.isGiven()).toBe(false);
    expect(await keysOf(direct, '')).toEqual([]);
  });

  it('but lists at once is used with epochs, and one that keeps conditions without, lagging or not', async () => {
    proxy.put(ignoreConditions(gateway.owner), { method: 'PUT' });
    expect(await (await admission()).ask()).toBe('epoch');
    proxy.clear();
    proxy.put(emptyListing, { method: 'GET', path: /list-type=2.*prefix=probe/ });
    expect(await (await admission()).ask()).toBe('plain');
  });
});
