// A real S3 server: Ceph's gateway, started by the first test that asks for it and shared by all of a run.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { openBucket, type Bucket, type S3Options } from '../../../src/platform/bucket/index.js';
import { onceARun } from '../once-a-run.js';
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

const NOTE = 'gateway.json';

function folderOfRun(): string {
  const folder = process.env.HOLDFAST_TEST_FOLDER;
  if (folder === undefined) throw new Error('radosgw is shared by a run of the integration or e2e tests');
  return cephFolder(folder);
}

let started: Promise<Radosgw> | undefined;

export function sharedRadosgw(): Promise<Radosgw> {
  return (started ??= startOrFind());
}

async function startOrFind(): Promise<Radosgw> {
  const folder = await onceARun(folderOfRun(), async (place) => {
    const [owner, connector, replica] = [newUser('owner'), newUser('connector'), newUser('replica')];
    const port = await startCeph(place, [owner, connector, replica]);
    const gateway: Radosgw = { port, endpoint: `http://127.0.0.1:${port}`, owner, connector, replica };
    await writeFile(join(place, NOTE), JSON.stringify(gateway));
  });
  return JSON.parse(await readFile(join(folder, NOTE), 'utf8')) as Radosgw;
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
