// A bucket with something of every kind in it, made by the real publisher and the real uploads, and ways to spoil it.
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { auditOrigin } from '../../../src/audit/index.js';
import { signCheckpoint } from '../../../src/audit/checkpoints/checkpoint.js';
import { openBucket } from '../../../src/platform/bucket/index.js';
import {
  ackKey,
  auditCheckpointKey,
  createManifest,
  digestOf,
  generateSigningKey,
  keyFolders,
  manifestKey,
  partKey,
  readPart,
  ReplicaKeyStore,
  receiptKey,
  RootKeyStore,
  rootKey,
  signAck,
  signerFrom,
  signManifest,
  signReceipt,
  verifyManifest,
  writePart,
  type Manifest,
  type ManifestInput,
  type ObjectContext,
  type PartEntry,
  type Signer,
} from '../../../src/replication/format/index.js';
import {
  verifyBucket,
  type VerifyOptions,
  type VerifyReport,
} from '../../../src/replication/verify/index.js';
import { makeTempFolder } from '../../support/index.js';
import { fileOf, openAttachmentWorld, type AttachmentWorld } from '../connector/attachment-world.js';
import { TENANT, type TestPublisher } from '../connector/connector-world.js';

export const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical }, attachments: { label: shareable } }
  contact: { follows: account }
`;

/** A folder with the objects of a bucket. */
export class BucketFolder {
  constructor(readonly folder: string) {}

  async keys(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  read(key: string): Promise<Buffer> {
    return readFile(join(this.folder, key));
  }

  async write(key: string, bytes: Buffer): Promise<void> {
    await mkdir(dirname(join(this.folder, key)), { recursive: true });
    await writeFile(join(this.folder, key), bytes);
  }

  remove(key: string): Promise<void> {
    return rm(join(this.folder, key));
  }

  /** As if it had been put so long ago. */
  async age(key: string, ms: number): Promise<void> {
    const at = new Date(Date.now() - ms);
    await utimes(join(this.folder, key), at, at);
  }

  async copy(): Promise<BucketFolder> {
    const folder = join(await makeTempFolder('copy'), 'bucket');
    await cp(this.folder, folder, { recursive: true, preserveTimestamps: true });
    return new BucketFolder(folder);
  }

  async verify(options: Omit<VerifyOptions, 'bucket'>): Promise<VerifyReport> {
    const bucket = openBucket(pathToFileURL(this.folder).href);
    return verifyBucket({ bucket, ...options }).finally(() => bucket.close());
  }
}

export interface VerifyWorld {
  world: AttachmentWorld;
  lane: TestPublisher;
  bucket: BucketFolder;
  /** the pinned root: version 1 */
  root: Buffer;
  /** of the replica */
  identity: string;
  /** may sign checkpoints of the audit */
  auditor: Signer;
  account: string;
  /** turns of the publisher and a beat */
  publish: () => Promise<void>;
  acknowledge: () => Promise<void>;
  manifest: (generation: number, n: number) => Promise<{ manifest: Manifest; bytes: Buffer }>;
  /** puts a signed manifest with one part in it behind the last one of generation 1 */
  append: (change?: Partial<ManifestInput>, more?: { signer?: Signer; key?: string }) => Promise<string>;
  /** seals a part that changes nothing, and says how a manifest would list it */
  part: (context: ObjectContext, fence?: number) => Promise<{ entry: PartEntry; bytes: Buffer }>;
  end: () => Promise<void>;
}

/** Publishes a snapshot and deltas; files that are there, on their way, and condemned; two roots, an ack, a receipt. */
export async function openVerifyWorld(): Promise<VerifyWorld> {
  const world = await openAttachmentWorld();
  await world.activate(POLICY);
  await world.trust.refresh(world.bucket);
  const account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
  const lane = await world.publisher({ chunkRows: 3 });
  const replicaKeys = new ReplicaKeyStore(keyFolders(world.folder).replica('london'));
  const [{ identity } = { identity: '' }] = await replicaKeys.recipients();
  const auditor = signerFrom(generateSigningKey());
  const bucket = new BucketFolder(world.bucketFolder);
  const made: VerifyWorld = {
    ...{ world, lane, bucket, root: world.rootObject, identity, auditor, account },
    publish: () => publish(world, lane),
    acknowledge: () => acknowledge(made, replicaKeys),
    manifest: (generation, n) => manifestAt(made, generation, n),
    append: (change, more) => append(made, change, more),
    part: async (context, fence) => sealPart(world, await headerOf(made), context, fence),
    end: () => world.end(),
  };
  await fill(made);
  return made;
}

async function fill({ world, bucket, account, auditor, publish, acknowledge }: VerifyWorld): Promise<void> {
  const contact = (name: string) => world.insert('crm.contact', { last_name: name, account_id: account });
  const ids = [await contact('Adams'), await contact('Brown'), await contact('Clark'), await contact('Doe')];
  await publish();
  const large = await world.attach(account, fileOf(300_000));
  const condemned = await world.attach(account, fileOf(5_000));
  await world.attach(account, fileOf(10)); // stays on its way
  for (const { blob } of [large, condemned]) await world.upload(blob);
  await publish();
  const root = await new RootKeyStore(keyFolders(world.folder).root).nextRoot(world.trust.chain, {
    auditKeys: [auditor.publicKey],
  });
  await bucket.write(rootKey(2), root);
  await world.trust.refresh(world.bucket);
  await world.sql('DELETE FROM crm.contact WHERE id = $1', [ids[0]]);
  await world.sql('UPDATE crm.contact SET last_name = $1 WHERE id = $2', ['Smörgås', ids[1]]);
  await world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [condemned.id]);
  await publish();
  await acknowledge();
  await bucket.write(receiptKey(1), receipt(world.trust.signer));
  await bucket.write(auditCheckpointKey(3), checkpoint(3, auditor));
  await contact('Evans');
  await publish();
}

function receipt(signer: Signer): Buffer {
  const at = new Date().toISOString();
  return signReceipt(
    {
      ...{ format: 'holdfast-receipt/1', tenant: TENANT, root: 2, generation: 1, manifest: '0'.repeat(64) },
      ...{ reason: 'a test', erasures: [], purged: { generations: [], objects: 0, recipients: [] } },
      ...{ listing: { at, objectsOfOlderGenerations: 0 }, replicas: [], notProven: [], sequence: 1 },
      createdAt: at,
    },
    signer,
  );
}

/** As the server on premises signs one and the connector carries it. */
export function checkpoint(size: number, signer: Signer): Buffer {
  const note = signCheckpoint({ size, root: randomBytes(32), at: new Date() }, auditOrigin(TENANT), signer);
  return Buffer.from(note);
}

async function publish(world: AttachmentWorld, lane: TestPublisher): Promise<void> {
  await lane.settle();
  const { publisher, lease } = lane;
  await new Heartbeat(world.bucket, world.trust, 60_000).beat(
    await publisher.generations.current(),
    lease.epoch,
    publisher.currentAsOf ?? new Date(),
  );
}

async function acknowledge({ lane, bucket, manifest }: VerifyWorld, keys: ReplicaKeyStore): Promise<void> {
  const current = await lane.publisher.generations.current();
  const head = await manifest(current?.id ?? 1, current?.head ?? 1);
  const { tenant, root, generation, n, asOf } = head.manifest;
  const ack = signAck(
    {
      ...{ format: 'holdfast-ack/1', tenant, replica: 'london', root, generation, n, asOf },
      ...{ manifest: digestOf(head.bytes), appliedAt: new Date().toISOString(), sequence: n },
      ...{ recipients: [{ fromGeneration: 1, recipient: (await keys.recipients())[0]?.recipient ?? '' }] },
      destroyed: [],
    },
    await keys.signer(),
  );
  await bucket.write(ackKey('london'), ack);
}

async function manifestAt({ world, bucket }: VerifyWorld, generation: number, n: number) {
  const bytes = await bucket.read(manifestKey(generation, n));
  const manifest = verifyManifest(bytes, world.trust.chain, { tenant: TENANT, anchor: digestOf(bytes) });
  return { manifest, bytes };
}

async function append(
  { world, bucket, manifest, part }: VerifyWorld,
  change: Partial<ManifestInput> = {},
  more: { signer?: Signer; key?: string } = {},
): Promise<string> {
  const heads = (await bucket.keys()).filter((key) => key.startsWith('m/00000001/'));
  const last = await manifest(1, Number(/(\d{10})/.exec(heads.at(-1) ?? '')?.[1]));
  const n = last.manifest.n + 1;
  const { entry, bytes: sealed } = await part({ tenant: TENANT, generation: 1, n, part: 0 });
  const same = last.manifest;
  const next = createManifest({
    ...same,
    ...{
      n,
      kind: 'delta',
      nonce: randomBytes(16).toString('hex'),
      previous: digestOf(last.bytes),
      parts: [entry],
    },
    types: same.types.map((state) => ({ ...state, upserts: 0, deletes: 0 })),
    attachments: { ...same.attachments, added: [], condemned: [], lists: [] },
    ...change,
  });
  const key = more.key ?? manifestKey(1, n);
  await bucket.write(entry.name, sealed);
  await bucket.write(key, signManifest(next, more.signer ?? world.trust.signer));
  return key;
}

/** The header line of generation 1: every batch begins with it. */
async function headerOf({ bucket, identity, manifest }: VerifyWorld): Promise<string> {
  const { parts } = (await manifest(1, 1)).manifest;
  const [expect] = parts;
  if (expect === undefined) throw new Error('a snapshot without parts');
  const context = { tenant: TENANT, generation: 1, n: 1, part: 0 };
  const lines = readPart({ context, identity, source: await bucket.read(expect.name), expect });
  for await (const line of lines) return line.toString();
  throw new Error('a part without lines');
}

async function sealPart(world: AttachmentWorld, header: string, context: ObjectContext, fence?: number) {
  const path = join(await makeTempFolder('part'), 'part');
  const writer = writePart({
    ...{ context, recipients: world.trust.recipients(), path },
    ...(fence === undefined ? {} : { fence }),
  });
  await writer.line(header);
  const entry = await writer.finish();
  const name = partKey(context.generation, context.n, context.part, fence);
  return { entry: { ...entry, name }, bytes: await readFile(path) };
}

/** `error format.digest_mismatch d/…` of each finding that is not to be expected in a bucket in use. */
export function faults({ findings }: VerifyReport): string[] {
  return findings
    .filter(({ severity }) => severity !== 'notice')
    .map(({ severity, code, key }) => `${severity} ${code} ${key ?? '-'}`);
}
