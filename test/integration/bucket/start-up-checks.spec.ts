// What a connector is told about a bucket that it must not use, before anything is written to it.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  CreateBucketCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { assertUsable } from '../../../connector/publish/bucket-check.js';
import { ConnectorTrust, PINNED_ROOT_FILE } from '../../../connector/publish/trust.js';
import { openBucket, type Bucket, type BucketObjection } from '../../../src/platform/bucket/index.js';
import {
  ackKey,
  createTenantKeys,
  keyFolders,
  ReplicaKeyStore,
  rootKey,
} from '../../../src/replication/format/index.js';
import { answerWithDate, FaultProxy, s3Error } from '../../support/fault-proxy/index.js';
import {
  adminClient,
  makeS3Bucket,
  s3Options,
  sharedRadosgw,
  type Radosgw,
} from '../../support/radosgw/index.js';
import { makeTempFolder } from '../../support/temp-folder.js';
import { noShelf } from '../connector/connector-world.js';
import { keysOf } from './bucket-kinds.js';

const DAY_MS = 24 * 3_600_000;

let gateway: Radosgw;
let admin: S3Client;
let proxy: FaultProxy;
const open: Bucket[] = [];
beforeAll(async () => {
  gateway = await sharedRadosgw();
  admin = adminClient(gateway);
  proxy = await FaultProxy.to(gateway.port);
});
afterEach(async () => {
  proxy.clear();
  jest.useRealTimers();
  for (const bucket of open.splice(0)) await bucket.close();
});
afterAll(async () => {
  admin.destroy();
  await proxy.close();
});

function opened(name: string, user = gateway.owner, more = {}): Bucket {
  const bucket = openBucket(`s3://${name}`, s3Options(gateway, user, more));
  open.push(bucket);
  return bucket;
}

const inspect = (bucket: Bucket): Promise<BucketObjection[]> => bucket.inspect({ purgeMayWait: false });
const codesOf = (objections: BucketObjection[]): string[] => objections.map(({ code }) => code);

interface Statement {
  Action: string[];
  Resource: string[];
}
interface Policy {
  Statement: Statement[];
}

/** The policy that docs/bucket.md recommends, for this bucket. */
async function documentedPolicy(who: 'connector' | 'replica', bucket: string): Promise<Policy> {
  const page = await readFile(join(import.meta.dirname, '../../../docs/bucket.md'), 'utf8');
  const text = new RegExp(`policy ${who} begins -->\\s+\`\`\`json\\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';
  return JSON.parse(text.replaceAll('s3:::example', `s3:::${bucket}`)) as Policy;
}

async function setPolicy(bucket: string, policy: Policy): Promise<void> {
  await admin.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
}

describe('the least that a connector needs', () => {
  it('is what the documentation says: with it everything works', async () => {
    const name = await makeS3Bucket(gateway);
    await setPolicy(name, await documentedPolicy('connector', name));
    const bucket = opened(name, gateway.connector);
    expect(await inspect(bucket)).toEqual([]);
    expect(await bucket.probe()).toEqual({ conditionalPut: true, consistentList: true });
    const uploadId = await bucket.createMultipart('b/1/x');
    const part = { partNumber: 1, ...(await bucket.uploadPart('b/1/x', uploadId, 1, Buffer.from('x'))) };
    expect(await bucket.listParts('b/1/x', uploadId)).toHaveLength(1);
    await bucket.completeMultipart('b/1/x', uploadId, [part]);
    await bucket.abortMultipart('b/1/y', await bucket.createMultipart('b/1/y'));
    await bucket.remove(['b/1/x']);
    expect(await keysOf(bucket, '')).toEqual([]);
  });

  it('is missed one by one, by name, and nothing is written', async () => {
    const name = await makeS3Bucket(gateway);
    const whole = await documentedPolicy('connector', name);
    const owner = opened(name);
    await owner.put('root/1', Buffer.from('x'));
    const needed = whole.Statement.flatMap(({ Action }) => Action).filter(
      (x) => x !== 's3:ListBucketVersions',
    );
    expect(needed).toHaveLength(9);
    // Ceph holds the parts of an unknown upload against no policy; that one is below
    for (const action of needed.filter((each) => each !== 's3:ListMultipartUploadParts')) {
      const Statement = whole.Statement.map((each) => ({
        ...each,
        Action: each.Action.filter((other) => other !== action),
      }));
      await setPolicy(name, { ...whole, Statement });
      const objections = await inspect(opened(name, gateway.connector));
      expect({
        action,
        found: objections.map(({ message }) => /permission (\S+)/.exec(message)?.[1]),
      }).toEqual({
        action,
        found: [action],
      });
      expect(objections[0]?.message).toMatch(/is missing: .{20,}\. Grant it/);
    }
    expect(await keysOf(owner, '')).toEqual(['root/1']);
  }, 120_000);

  it('is missed by name where only the parts of an upload may not be listed', async () => {
    proxy.put(s3Error(403, 'AccessDenied'), { method: 'GET', path: /uploadId=/ });
    const bucket = opened(await makeS3Bucket(gateway), gateway.owner, { endpoint: proxy.endpoint });
    const objections = await inspect(bucket);
    expect(codesOf(objections)).toEqual(['bucket.permission_missing']);
    expect(objections[0]?.message).toContain('s3:ListMultipartUploadParts');
  });

  it('is missed from the listing on by credentials that may do nothing, since the rest cannot be told', async () => {
    const objections = await inspect(opened(await makeS3Bucket(gateway), gateway.connector));
    expect(codesOf(objections)).toEqual(['bucket.permission_missing']);
    expect(objections[0]?.message).toContain('s3:ListBucket');
  });
});

it('lets a replica read and acknowledge, and nothing else', async () => {
  const name = await makeS3Bucket(gateway);
  await setPolicy(name, await documentedPolicy('replica', name));
  await opened(name).put('m/1', Buffer.from('x'));
  const bucket = opened(name, gateway.replica);
  expect((await bucket.get('m/1')).toString()).toBe('x');
  expect(await bucket.head('m/2')).toBeNull();
  expect(await keysOf(bucket, '')).toEqual(['m/1']);
  await bucket.put(ackKey('london'), Buffer.from('ack'));
  for (const call of [
    () => bucket.put('m/1', Buffer.from('y')),
    () => bucket.put(ackKey('paris'), Buffer.from('y')),
    () => bucket.remove(['m/1']),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'bucket.access_denied' });
});

/** Everything that was ever written, markers of deletes included. */
async function versionsIn(name: string): Promise<number> {
  const { Versions = [], DeleteMarkers = [] } = await admin.send(
    new ListObjectVersionsCommand({ Bucket: name }),
  );
  return Versions.length + DeleteMarkers.length;
}

describe('a bucket that locks objects', () => {
  async function makeLocked(): Promise<string> {
    const name = `test-${randomBytes(8).toString('hex')}`;
    await admin.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: true }));
    return name;
  }

  it('is refused by name, whether it locks by itself or waits for somebody to, and nothing is written', async () => {
    const name = await makeLocked();
    const [waiting, ...rest] = await inspect(opened(name));
    expect(rest).toEqual([]);
    expect(waiting?.code).toBe('bucket.locked');
    expect(waiting?.message).toMatch(/locks objects \(those that somebody locks\)\..*made without/);
    await admin.send(
      new PutObjectLockConfigurationCommand({
        Bucket: name,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } },
        },
      }),
    );
    const [locking] = await inspect(opened(name));
    expect(locking?.code).toBe('bucket.locked');
    expect(locking?.message).toContain('COMPLIANCE, 30 days');
    expect(await versionsIn(name)).toBe(0);
  });

  it('is taken where the configuration says that purging may wait', async () => {
    const name = await makeLocked();
    expect(await opened(name).inspect({ purgeMayWait: true })).toEqual([]);
    expect(await versionsIn(name)).toBe(0);
  });

  it.each([404, 405, 501])(
    'cannot be one where the server answers %i: it knows of no locks',
    async (status) => {
      proxy.put(s3Error(status, 'NotImplemented'), { method: 'GET', path: /[?&]object-lock/ });
      const bucket = opened(await makeS3Bucket(gateway), gateway.owner, { endpoint: proxy.endpoint });
      expect(await inspect(bucket)).toEqual([]);
      expect(proxy.count('GET', /object-lock/)).toBeGreaterThan(0);
    },
  );
});

describe('a bucket that keeps what is deleted', () => {
  it('is refused with versions on, unless the configuration says that purging may wait', async () => {
    const name = await makeS3Bucket(gateway);
    const versions = (Status: 'Enabled' | 'Suspended') =>
      admin.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));
    await versions('Enabled');
    expect(codesOf(await inspect(opened(name)))).toEqual(['bucket.versioned']);
    expect(await opened(name).inspect({ purgeMayWait: true })).toEqual([]);
    expect(await keysOf(opened(name), '')).toEqual([]);
    const bucket = opened(name);
    await bucket.put('a', Buffer.from('1'));
    await bucket.remove(['a']);
    await versions('Suspended');
    const [objection] = await inspect(opened(name));
    expect(objection?.message).toMatch(/suspended, and older ones are still there/);
  });

  it('is found by an old version behind a thousand others', async () => {
    const name = await makeS3Bucket(gateway);
    const versions = (Status: 'Enabled' | 'Suspended') =>
      admin.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));
    await versions('Enabled');
    const bucket = opened(name);
    const keys = Array.from({ length: 1_010 }, (_, index) => `d/${String(index).padStart(6, '0')}`).values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const key of keys) await bucket.put(key, Buffer.from('1'));
      }),
    );
    await bucket.put('z', Buffer.from('1'));
    await bucket.put('z', Buffer.from('2'));
    await versions('Suspended');
    expect(codesOf(await inspect(opened(name)))).toEqual(['bucket.versioned']);
  }, 120_000);

  it('is not written to by the question where nobody may ask for its versions: no marker stays', async () => {
    const name = await makeS3Bucket(gateway);
    const policy = await documentedPolicy('connector', name);
    for (const statement of policy.Statement)
      statement.Action = statement.Action.filter((action) => action !== 's3:GetBucketVersioning');
    await setPolicy(name, policy);
    await admin.send(
      new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    const objections = await inspect(opened(name, gateway.connector));
    expect(objections.map(({ message }) => message).join()).toContain('s3:GetBucketVersioning is missing');
    expect(await versionsIn(name)).toBe(0);
  });

  it('is taken with versions suspended before anything was kept', async () => {
    const name = await makeS3Bucket(gateway);
    for (const Status of ['Enabled', 'Suspended'] as const)
      await admin.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status } }));
    expect(await inspect(opened(name))).toEqual([]);
  });
});

describe('clocks', () => {
  it.each([-DAY_MS, DAY_MS])('of ours off by %i ms: both times are said', async (off) => {
    const name = await makeS3Bucket(gateway);
    const doNotFake = [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'nextTick',
      'performance',
      'hrtime',
    ] as const;
    const more = ['clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask'] as const;
    const now = Date.now() + off;
    jest.useFakeTimers({ now, doNotFake: [...doNotFake, ...more] });
    const [objection, ...rest] = await inspect(opened(name));
    expect(rest).toEqual([]);
    expect(objection?.code).toBe('bucket.clock_skewed');
    expect(objection?.message).toContain(new Date(now).toISOString().slice(0, 13));
    expect(objection?.message).toContain(new Date(now - off).toISOString().slice(0, 13));
    expect(objection?.message).toContain('24.0 hours apart');
    jest.useRealTimers();
    expect(await keysOf(opened(name), '')).toEqual([]);
  });

  it('of the server off by a day, though it does not mind', async () => {
    proxy.put(answerWithDate(() => new Date(Date.now() - DAY_MS)));
    const bucket = opened(await makeS3Bucket(gateway), gateway.owner, { endpoint: proxy.endpoint });
    expect(codesOf(await inspect(bucket))).toEqual(['bucket.clock_skewed']);
  });

  it('that differ by some minutes are nobody’s business', async () => {
    proxy.put(answerWithDate(() => new Date(Date.now() - 10 * 60_000)));
    const bucket = opened(await makeS3Bucket(gateway), gateway.owner, { endpoint: proxy.endpoint });
    expect(await inspect(bucket)).toEqual([]);
  });
});

describe('a bucket that cannot be reached as it is named', () => {
  it('is named: missing, wrong keys, wrong secret', async () => {
    expect(codesOf(await inspect(opened('no-such-bucket')))).toEqual(['bucket.missing']);
    const name = await makeS3Bucket(gateway);
    const wrong = { ...gateway.owner, secretAccessKey: 'x'.repeat(40) };
    expect(codesOf(await inspect(opened(name, wrong)))).toEqual(['bucket.credentials_refused']);
    const unknown = { ...gateway.owner, accessKeyId: 'UNKNOWN0000000000000' };
    expect(codesOf(await inspect(opened(name, unknown)))).toEqual(['bucket.credentials_refused']);
  });

  it.each([
    [301, 'PermanentRedirect', 'bucket.wrong_region'],
    [400, 'AuthorizationHeaderMalformed', 'bucket.wrong_region'],
    [400, 'ExpiredToken', 'bucket.credentials_expired'],
  ])('is named: %i %s', async (status, code, expected) => {
    proxy.put(s3Error(status, code));
    const bucket = opened(await makeS3Bucket(gateway), gateway.owner, { endpoint: proxy.endpoint });
    const [objection] = await inspect(bucket);
    expect(objection?.code).toBe(expected);
    expect(objection?.message).toMatch(/Correct bucket|Give new ones/);
  });
});

describe('whose bucket it is', () => {
  async function trustOf(tenant: string): Promise<{ trust: ConnectorTrust; root: Buffer }> {
    const folder = await makeTempFolder('keys');
    const { enrolment } = await new ReplicaKeyStore(keyFolders(folder).replica('london')).enrol(
      tenant,
      'london',
    );
    const root = await createTenantKeys({ folder, tenant, replicas: [enrolment] });
    await writeFile(join(keyFolders(folder).connector, PINNED_ROOT_FILE), root);
    return { trust: await ConnectorTrust.load(folder, tenant, noShelf), root };
  }

  it('is told by its root of trust: another tenant’s is refused and left as it is', async () => {
    const [ours, theirs, namesake] = [await trustOf('acme'), await trustOf('globex'), await trustOf('acme')];
    const bucket = opened(await makeS3Bucket(gateway));
    await assertUsable(bucket, ours.trust, false);
    expect(await keysOf(bucket, '')).toEqual([]);
    await bucket.put(rootKey(1), ours.root);
    await assertUsable(bucket, ours.trust, false);
    for (const { trust } of [theirs, namesake])
      await expect(assertUsable(bucket, trust, false)).rejects.toMatchObject({ code: 'bucket.other_tenant' });
    expect(await keysOf(bucket, '')).toEqual([rootKey(1)]);
    expect(await bucket.get(rootKey(1))).toEqual(ours.root);
  });
});
