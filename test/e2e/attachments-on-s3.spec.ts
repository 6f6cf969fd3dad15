// The whole way of a file in the running product, over a real S3 server: sent to the server, found by the connector's
// reconciler, carried through the queue, sealed into the bucket, opened on the replica; and out of the bucket again.
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openBucket, type Bucket } from '../../src/platform/bucket/index.js';
import { startRedis, TestApi, waitFor, type TestRedis } from '../support/index.js';
import { makeS3Bucket, s3Options, sharedRadosgw } from '../support/radosgw/index.js';
import { startSystem, type RunningSystem } from '../support/running-system.js';
import { putIntoForce } from './installation.js';

const MIB = 1024 * 1024;
const CAP = 4 * MIB;
const policy = (version: number, label: string) =>
  `version: ${String(version)}\ntypes:\n  account: { attachments: { label: ${label} } }\n`;

let redis: TestRedis | null = null;
let system: RunningSystem | null = null;
let bucket: Bucket | null = null;
afterEach(async () => {
  await system?.stop();
  await redis?.stop();
  await bucket?.close();
  [system, redis, bucket] = [null, null, null];
});

/** The bucket, and what the processes find in their environment to reach it. */
async function newBucket(): Promise<[Bucket, Record<string, string>]> {
  const gateway = await sharedRadosgw();
  const url = `s3://${await makeS3Bucket(gateway)}`;
  const { accessKeyId, secretAccessKey } = gateway.owner;
  const env = {
    ...{ BUCKET_URL: url, HOLDFAST_BUCKET_ENDPOINT: gateway.endpoint },
    ...{ HOLDFAST_BUCKET_FORCE_PATH_STYLE: 'true', HOLDFAST_BUCKET_ACCESS_KEY_ID: accessKeyId },
    HOLDFAST_BUCKET_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return [openBucket(url, s3Options(gateway)), env];
}

/** A window that is closed now and for the next two hours, in the time zone of this host. */
function closedWindow(): string {
  const hour = (ahead: number) => String((new Date().getHours() + ahead) % 24).padStart(2, '0');
  return `${hour(3)}:00-${hour(4)}:00`;
}

async function filesIn(where: Bucket): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of where.list('b/')) found.push(key);
  for await (const { key } of where.listMultiparts('b/')) found.push(`unfinished ${key}`);
  return found;
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function create(
  at: RunningSystem,
  path: string,
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const answer = await fetch(`${at.primary.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${at.apiToken}`, 'content-type': type },
    body,
  });
  const made = (await answer.json()) as { id: string };
  expect([answer.status, made]).toEqual([201, expect.anything()]);
  return made.id;
}

describe.each(['PostgreSQL', 'Redis'])('with the queue on %s', (queue) => {
  it('a file waits for its window, arrives within the cap, and leaves with a narrower policy', async () => {
    const [opened, s3] = await newBucket();
    bucket = opened;
    redis = queue === 'Redis' ? await startRedis() : null;
    const env = {
      ...s3,
      ...(redis ? { REDIS_URL: redis.url } : {}),
      HOLDFAST_CONNECTOR_ATTACHMENTS_BYTES_PER_SECOND: String(CAP),
    };
    const closed = { ...env, HOLDFAST_CONNECTOR_ATTACHMENTS_WINDOWS: closedWindow() };
    const started = await startSystem({ demo: false, env: closed });
    system = started;
    await putIntoForce(system.home, policy(2, 'shareable'));
    const account = await create(system, '/accounts', 'application/json', '{"name":"Acme"}');
    const content = randomBytes(21 * MIB);
    const attach = (name: string, label: string) =>
      create(
        started,
        `/accounts/${account}/attachments?name=${name}&label=${label}`,
        'application/octet-stream',
        name === 'wanted.bin' ? new Uint8Array(content) : new Uint8Array(randomBytes(1000)),
      );
    const wanted = await attach('wanted.bin', 'shareable');
    const secret = await attach('secret.bin', 'internal');

    let replica = new TestApi(system.replica.url, system.replica.apiToken);
    const onReplica = async () => {
      const listed = await replica.request('GET', `/accounts/${account}/attachments`);
      return listed.ok ? ((await listed.json()) as { data: { id: string; state: string }[] }).data : [];
    };
    const [row] = await waitFor(
      async () => {
        const rows = await onReplica();
        return rows.length > 0 ? rows : null;
      },
      { timeoutMs: 60_000, what: 'the row of the file, without the file' },
    );
    expect(row).toMatchObject({ id: wanted, state: 'pending' });
    expect((await replica.request('GET', `/attachments/${wanted}/content`)).status).toBe(409);
    expect(await filesIn(bucket)).toEqual([]);

    const { home } = system;
    await system.stop();
    const reopenedAt = Date.now();
    system = await startSystem({ home, demo: false, env });
    replica = new TestApi(system.replica.url, system.replica.apiToken);
    const arrived = await waitFor(
      async () => {
        const answer = await replica.request('GET', `/attachments/${wanted}/content`);
        return answer.ok ? digest(new Uint8Array(await answer.arrayBuffer())) : null;
      },
      { timeoutMs: 120_000, intervalMs: 250, what: 'the file on the replica' },
    );
    expect(arrived).toBe(digest(content));
    // 21 MiB at 4 MiB a second, of which the cap lets the first piece go at once
    expect(Date.now() - reopenedAt).toBeGreaterThan(3_000);
    expect(await filesIn(bucket)).toHaveLength(1);
    expect((await onReplica()).map(({ id }) => id)).toEqual([wanted]);
    expect((await replica.request('GET', `/attachments/${secret}/content`)).status).toBe(404);

    await putIntoForce(home, policy(3, 'confidential'));
    const left = bucket;
    await waitFor(async () => (await filesIn(left)).length === 0, {
      timeoutMs: 120_000,
      intervalMs: 500,
      what: 'the object to leave the bucket',
    });
    // the object may go a moment before the replica has looked
    await waitFor(async () => (await onReplica()).length === 0, {
      ...{ timeoutMs: 60_000, what: 'the replica to show the file no more' },
    });
  }, 600_000);
});
