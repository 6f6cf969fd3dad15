// A real S3 server: Ceph's gateway, started by the first test that asks for it and shared by all of a run.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openBucket, type Bucket, type S3Options } from '../../../src/platform/bucket/index.js';
import { waitFor } from '../wait-for.js';
import { cephFolder, startCeph, type GatewayUser } from './ceph-processes.js';

export interface Radosgw {
  port: number;
  /** path style: an address, no name */
  endpoint: string;
  /** who creates buckets and may do everything in them */
  owner: GatewayUser;
  /** may do what a bucket's policy gives them, and nothing without one */
  connector: GatewayUser;
  replica: GatewayUser;
}

const START_MS = 300_000;

function folderOfRun(): string {
  const folder = process.env.HOLDFAST_TEST_FOLDER;
  if (folder === undefined) throw new Error('radosgw is shared by a run of the integration or e2e tests');
  return cephFolder(folder);
}

let started: Promise<Radosgw> | undefined;

export function sharedRadosgw(): Promise<Radosgw> {
  return (started ??= startOrFind());
}

/** Tests run in several processes; the one that makes the folder starts Ceph, the others wait for its note. */
async function startOrFind(): Promise<Radosgw> {
  const folder = folderOfRun();
  const note = join(folder, 'gateway.json');
  if (await isFirst(folder)) {
    const [owner, connector, replica] = [newUser('owner'), newUser('connector'), newUser('replica')];
    const port = await startCeph(folder, [owner, connector, replica]);
    const endpoint = `http://127.0.0.1:${port}`;
    const gateway: Radosgw = { port, endpoint, owner, connector, replica };
    await writeFile(`${note}.new`, JSON.stringify(gateway));
    await rename(`${note}.new`, note);
    return gateway;
  }
  const read = async () => JSON.parse(await readFile(note, 'utf8')) as Radosgw;
  return waitFor(read, { timeoutMs: START_MS, intervalMs: 250, what: 'the shared radosgw' });
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function newUser(name: string): GatewayUser {
  const [accessKeyId, secretAccessKey] = [randomBytes(10).toString('hex'), randomBytes(20).toString('hex')];
  return { name, accessKeyId, secretAccessKey };
}

/** How a user reaches the gateway; `more` changes what a test is about. */
export function s3Options(
  gateway: Radosgw,
  user: GatewayUser = gateway.owner,
  more: S3Options = {},
): S3Options {
  const { accessKeyId, secretAccessKey } = user;
  return { endpoint: gateway.endpoint, pathStyle: true, accessKeyId, secretAccessKey, ...more };
}

/** The SDK's own client, for what the product itself never asks for. */
export function adminClient(gateway: Radosgw): S3Client {
  const { accessKeyId, secretAccessKey } = gateway.owner;
  return new S3Client({
    ...{ endpoint: gateway.endpoint, region: 'us-east-1', forcePathStyle: true },
    credentials: { accessKeyId, secretAccessKey },
  });
}

/** A new, empty bucket. @returns its name */
export async function makeS3Bucket(gateway: Radosgw): Promise<string> {
  const name = `test-${randomBytes(8).toString('hex')}`;
  const client = adminClient(gateway);
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
  return name;
}

/** A new bucket, opened by its owner. */
export async function openNewS3Bucket(more: S3Options = {}): Promise<Bucket> {
  const gateway = await sharedRadosgw();
  return openBucket(`s3://${await makeS3Bucket(gateway)}`, s3Options(gateway, gateway.owner, more));
}
