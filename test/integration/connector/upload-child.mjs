// Plays a connector that brings one file into the bucket ("upload"), or a replica that reads one ("open"), in a process of
// its own: to be killed, and to have its memory measured. Tells its progress on stdout, a JSON object a line.
import '../../support/typescript-loader.mjs';
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';

const task = JSON.parse(process.argv[2] ?? '{}');
const say = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const load = (path) => import(`../../../${path}`);
const [{ openBucket }, format] = [
  await load('src/platform/bucket/index.ts'),
  await load('src/replication/format/index.ts'),
];
const bucket = openBucket(task.bucketUrl, task.bucketOptions);

/** Highest resident size above that of the process at rest, sampled. */
function watchMemory() {
  globalThis.gc?.();
  const base = process.memoryUsage.rss();
  let peak = base;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  return () => {
    clearInterval(timer);
    return Math.round((peak - base) / 2 ** 20);
  };
}

/** Says which parts it sends, slowly enough to be killed between two of them. */
function telling(target) {
  return new Proxy(target, {
    get(inner, name) {
      if (name !== 'uploadPart')
        return typeof inner[name] === 'function' ? inner[name].bind(inner) : inner[name];
      return async (...args) => {
        say({ sending: args[2] });
        await sleep(task.slowMs ?? 0);
        const answer = await inner.uploadPart(...args);
        say({ sent: args[2] });
        return answer;
      };
    },
  });
}

async function upload() {
  const modules = await Promise.all(
    ['bandwidth-cap', 'blob-object.store', 'time-windows', 'uploader', 'blob-upload'].map((name) =>
      load(`connector/attachments/${name}.ts`),
    ),
  );
  const { BandwidthCap, BlobObjectStore, TimeWindows, AttachmentUploader, NAME_KEY_VERSION } = Object.assign(
    {},
    ...modules,
  );
  const { ConnectorDatabase } = await load('connector/connector-database.ts');
  const { LocalFileReader } = await load('src/platform/file-store/index.ts');
  const { createLogger } = await load('src/platform/logging/index.ts');
  const keys = new format.ConnectorKeyStore(format.keyFolders(task.keysFolder).connector);
  const db = new ConnectorDatabase(task.databaseUrl, () => undefined);
  const uploader = new AttachmentUploader({
    ...{ bucket: telling(bucket), tenant: task.tenant, concurrency: 1 },
    identity: (await keys.fileIdentity()).identity,
    store: new BlobObjectStore(db),
    files: new LocalFileReader(task.storeFolder),
    nameKey: await keys.blobNameKey(NAME_KEY_VERSION),
    keySeal: await keys.fileKeySeal(),
    cap: new BandwidthCap(null),
    windows: new TimeWindows([]),
    isPaused: () => Promise.resolve(false),
    log: createLogger({ level: 'silent', name: 'child' }),
  });
  const { signal } = new globalThis.AbortController();
  // what any first upload loads and compiles is not the file's
  if (task.firstBlobId) await uploader.upload(task.firstBlobId, signal);
  await db.query('SELECT 1');
  const growth = watchMemory();
  const startedAt = performance.now();
  await uploader.upload(task.blobId, signal);
  say({ done: true, growthMiB: growth(), seconds: (performance.now() - startedAt) / 1000 });
  await db.close();
}

async function open() {
  const { AttachmentOpener } = await load('src/replication/replica/attachment-opener.ts');
  const keys = new format.ReplicaKeyStore(format.keyFolders(task.keysFolder).replica('london'));
  const identities = (await keys.recipients()).map(({ identity }) => identity);
  const opener = new AttachmentOpener({
    bucket,
    tenant: task.tenant,
    identities: () => Promise.resolve(identities),
    fileKey: () => Promise.resolve(globalThis.Buffer.from(task.fileKey, 'base64')),
  });
  const growth = watchMemory();
  const startedAt = performance.now();
  const hash = createHash('sha256');
  for await (const piece of await opener.open(task.row)) hash.update(piece);
  const seconds = (performance.now() - startedAt) / 1000;
  say({ done: true, growthMiB: growth(), seconds, sha256: hash.digest('hex') });
}

await (task.mode === 'upload' ? upload() : open());
await bucket.close();
