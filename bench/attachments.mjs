// Selected files from the local store, opened, sealed and put into a real S3 server (Debian's radosgw), against a bare
// PutObject loop of the same bytes and against `restic backup` of the same files.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { fillContacts } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { product } from './support/paths.mjs';
import { cpuMs, memoryMb, profileArgs } from './support/process-facts.mjs';
import { withRadosgw } from './support/radosgw.mjs';
import { inTurns, median } from './support/statistics.mjs';

const execute = promisify(execFile);

export const bench = {
  name: 'attachments',
  title: 'Attachments to S3',
  summary:
    'files to radosgw, against a bare PutObject loop and restic backup (needs Debian’s radosgw and restic)',
  options: { files: 16, megabytes: 32, rounds: 3, profile: '' },
  run: (options) => withLab((lab) => withRadosgw(lab.home.folder, (s3) => run(lab, s3, options))),
};

const policy = `version: 1
types:
  contact:
    attachments: { maxSize: 1GB, types: [application/octet-stream], label: shareable }
`;

async function run(lab, s3, { files, megabytes, rounds, profile }) {
  const database = lab.pool();
  await fillContacts(database, 10);
  const token = await lab.makeAdministrator();
  await useS3(lab, s3);
  await lab.activatePolicy(policy);
  const server = await lab.start('server');
  const { rows } = await database.query('SELECT id FROM crm.contact LIMIT 1');
  const connector = await lab.start('connector', { nodeArgs: profileArgs(profile) });
  await hold(database, true);
  const mebibytes = files * megabytes;
  const samples = await inTurns(rounds, {
    Holdfast: async (round) => {
      const folder = await makeFiles(lab, `ours-${round}`, files, megabytes);
      await uploadAll({ url: server.url, token, contact: rows[0].id, folder, files });
      await lab.until(
        'the grants',
        async () => (await countOf(database, 'replication.file_grant')) === files * (round + 1),
      );
      return mebibytes / (await sendAll(database, connector, { total: files * (round + 1), mebibytes }));
    },
    loop: async (round) =>
      mebibytes /
      (await putAll(s3, {
        folder: await makeFiles(lab, `loop-${round}`, files, megabytes),
        files,
        mebibytes,
      })),
    restic: async (round) =>
      mebibytes / (await backUp(s3, await makeFiles(lab, `restic-${round}`, files, megabytes), round)),
  });
  const result = (what, peer, aim) => ({
    what,
    unit: 'MB/s',
    ours: median(samples.Holdfast),
    peer: median(samples[peer]),
    ratio: median(samples.Holdfast.map((speed, round) => speed / samples[peer][round])),
    aim,
  });
  const settings = `${files} new files of ${megabytes} MiB a round, ${rounds} rounds in turns, medians`;
  const notes = [
    `Most memory: server ${memoryMb(server.pid).peak} MB, connector ${connectorPeak} MB.`,
    `CPU of a MiB: connector ${median(cpuOf.connector).toFixed(1)} ms, loop ${median(cpuOf.loop).toFixed(1)} ms (the gateway's own not counted).`,
    'Holdfast: a running connector that was paused while the files came in, from the first file taken up to the last one available, two at a time as shipped; it opens the encrypted store, seals anew and uploads in parts. Loop: one PutObject after the other, in clear.',
  ];
  return {
    results: [result('against PutObject', 'loop', 0.8), result('against restic backup', 'restic', 1.5)],
    settings,
    notes,
  };
}

let connectorPeak = 0;
/** milliseconds a MiB, of each round */
const cpuOf = { connector: [], loop: [] };

async function useS3(lab, s3) {
  const bucket = {
    url: 's3://holdfast',
    endpoint: s3.endpoint,
    region: 'default',
    accessKeyId: s3.accessKeyId,
    secretAccessKey: s3.secretAccessKey,
    forcePathStyle: true,
  };
  for (const name of ['server', 'connector']) await lab.configure(name, (config) => (config.bucket = bucket));
  await s3.client.send(new CreateBucketCommand({ Bucket: 'holdfast' }));
  await s3.client.send(new CreateBucketCommand({ Bucket: 'plain' }));
  const { rootKey } = await product('src/replication/format/index.js');
  const Body = await readFile(join(lab.home.bucketFolder, rootKey(1)));
  await s3.client.send(new PutObjectCommand({ Bucket: 'holdfast', Key: rootKey(1), Body }));
}

/** Random, so that nobody's compression or deduplication has anything to win. */
async function makeFiles(lab, name, files, megabytes) {
  const folder = join(lab.home.folder, 'bench-files', name);
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < files; index++) {
    const file = await open(join(folder, `${index}.bin`), 'w');
    for (let part = 0; part < megabytes; part++) await file.write(randomBytes(2 ** 20));
    await file.close();
  }
  return folder;
}

async function uploadAll({ url, token, contact, folder, files }) {
  for (let index = 0; index < files; index++) {
    const response = await fetch(
      `${url}/api/v1/contacts/${contact}/attachments?name=${index}.bin&label=shareable`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
        body: createReadStream(join(folder, `${index}.bin`)),
        duplex: 'half',
      },
    );
    if (response.status !== 201)
      throw new Error(`an upload answered ${response.status}: ${await response.text()}`);
  }
  await rm(folder, { recursive: true });
}

const countOf = async (database, table, where = 'true') =>
  (await database.query(`SELECT count(*)::int AS count FROM ${table} WHERE ${where}`)).rows[0].count;

/** People's pause holds files and rows alike. */
const hold = (database, isHeld) =>
  database.query('UPDATE replication.connector_control SET paused = $1', [isHeld]);

/** Of a connector that has been running, as it does: its start is not the files' cost. */
async function sendAll(database, connector, { total, mebibytes }) {
  const startedWith = cpuMs(connector.pid);
  const { rows: before } = await database.query('SELECT clock_timestamp() AS now');
  await hold(database, false);
  const patience = performance.now() + 600_000;
  while ((await countOf(database, 'replication.blob_object', `state = 'available'`)) < total) {
    if (performance.now() > patience) throw new Error('the files did not become available');
    await sleep(100);
  }
  const { rows } = await database.query(
    `SELECT extract(epoch FROM max(updated_at) - min(created_at))::float8 AS seconds FROM replication.blob_object WHERE created_at > $1`,
    [before[0].now],
  );
  cpuOf.connector.push((cpuMs(connector.pid) - startedWith) / mebibytes);
  connectorPeak = Math.max(connectorPeak, memoryMb(connector.pid).peak);
  await hold(database, true);
  return rows[0].seconds;
}

async function putAll({ client }, { folder, files, mebibytes }) {
  const startedWith = process.cpuUsage();
  const startedAt = performance.now();
  for (let index = 0; index < files; index++) {
    const path = join(folder, `${index}.bin`);
    const Body = await readFile(path);
    await client.send(
      new PutObjectCommand({ Bucket: 'plain', Key: `${folder.split('/').at(-1)}-${index}`, Body }),
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(startedWith);
  cpuOf.loop.push((user + system) / 1000 / mebibytes);
  await rm(folder, { recursive: true });
  return seconds;
}

async function backUp(s3, folder, round) {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    RESTIC_PASSWORD: 'bench',
    RESTIC_REPOSITORY: `s3:${s3.endpoint}/restic-${round}`,
    RESTIC_CACHE_DIR: `${folder}-cache`,
  };
  await execute('restic', ['init'], { env });
  const startedAt = performance.now();
  await execute('restic', ['backup', folder], { env });
  const seconds = (performance.now() - startedAt) / 1000;
  await rm(folder, { recursive: true });
  return seconds;
}
