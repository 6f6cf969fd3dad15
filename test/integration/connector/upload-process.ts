import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { nodeArguments } from '../../../src/cli/quickstart/child-process.js';
import { sealedOf, type AttachmentWorld, type StoredBlob } from './attachment-world.js';
import { TENANT, type TestPublisher } from './connector-world.js';

const CHILD = 'test/integration/connector/upload-child.mjs';

export interface ChildReport {
  sending: number[];
  sent: number[];
  done: boolean;
  growthMiB: number;
  seconds: number;
  sha256?: string;
  signal: string | null;
}

type Line = Partial<{
  sending: number;
  sent: number;
  done: boolean;
  growthMiB: number;
  seconds: number;
  sha256: string;
}>;

/** @param killAt ends the child with SIGKILL while this part is on its way */
export function runChild(task: object, killAt?: number): Promise<ChildReport> {
  const child = spawn(process.execPath, [...nodeArguments, '--expose-gc', CHILD, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const report: ChildReport = { sending: [], sent: [], done: false, growthMiB: 0, seconds: 0, signal: null };
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { sending, sent, ...rest } = JSON.parse(text) as Line;
    if (sending !== undefined) report.sending.push(sending);
    if (sent !== undefined) report.sent.push(sent);
    Object.assign(report, rest);
    if (sending !== undefined && sending === killAt) child.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== null && code !== 0) reject(new Error(`the child ended with ${String(code)}`));
      else resolve({ ...report, signal });
    });
  });
}

export async function uploadTask(world: AttachmentWorld, blob: StoredBlob, slowMs = 0): Promise<object> {
  return {
    ...{ mode: 'upload', tenant: TENANT, blobId: blob.blobId, slowMs },
    ...{ databaseUrl: world.database.urls.connector, bucketUrl: world.bucket.url },
    bucketOptions: await world.kind.options(),
    ...{ keysFolder: world.folder, storeFolder: world.storeFolder },
  };
}

/** Random bytes without holding them. */
export function randomStream(bytes: number): { stream: Readable; sha256: () => string } {
  const hash = createHash('sha256');
  const block = 1024 * 1024;
  function* pieces() {
    for (let left = bytes; left > 0; left -= block) {
      const piece = randomBytes(Math.min(block, left));
      hash.update(piece);
      yield piece;
    }
  }
  return { stream: Readable.from(pieces(), { objectMode: false }), sha256: () => hash.digest('hex') };
}

/** Sends a file of that size from one process, reads it in another, and answers by how much each of them grew. */
export async function measureJourney(
  world: AttachmentWorld,
  lane: TestPublisher,
  account: string,
  bytes: number,
) {
  const { stream, sha256 } = randomStream(bytes);
  const { id, blob } = await world.attach(account, await world.store(stream));
  const first = await world.attach(account, randomBytes(1_000_000));
  const task = { ...(await uploadTask(world, blob)), firstBlobId: first.blob.blobId };
  const up = await runChild(task);
  await lane.settle();
  await world.reader.catchUp();
  const row = sealedOf(world.reader.rows('attachment').get(id));
  const down = await runChild({
    ...{ mode: 'open', tenant: TENANT, row, keysFolder: world.folder, bucketUrl: world.bucket.url },
    bucketOptions: await world.kind.options(),
    fileKey: world.reader.fileKeys.get(row.objectName ?? '')?.toString('base64'),
  });
  return { up, down, isSame: down.sha256 === sha256(), state: row.state };
}
