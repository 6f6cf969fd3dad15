// A fresh replica fetches, opens, verifies and stores a published snapshot; the peer copies the same rows in clear.
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { withLab } from './support/lab.mjs';
import { memoryMb } from './support/process-facts.mjs';
import { inTurns, median } from './support/statistics.mjs';
import { prepareSnapshot, publishOnce } from './snapshot.mjs';

export const bench = {
  name: 'hydrate',
  title: 'Replica hydrate',
  summary: 'a replica applies a first snapshot, against COPY FROM into the same table with the same indexes',
  options: { rows: 1_000_000, rounds: 2 },
  run: (options) =>
    withLab(async (lab) => {
      await prepareSnapshot(lab, options);
      await publishOnce(lab, lab.pool());
      return run(lab, options);
    }),
};

/** Needs a published snapshot. */
export async function run(lab, { rows, rounds }) {
  const replica = lab.pool('replica');
  const columns = await exportRows(lab);
  const memory = [];
  const samples = await inTurns(rounds, {
    Holdfast: async () => {
      await emptyReplica(replica);
      const { seconds, peak } = await hydrateOnce(lab, replica, rows);
      memory.push(peak);
      return seconds;
    },
    peer: async () => copyOnce(lab, replica, columns),
  });
  await rm(exportFile(lab));
  const [ours, peer] = [median(samples.Holdfast), median(samples.peer)];
  const result = {
    what: 'hydrate, rows',
    unit: '/s',
    ours: rows / ours,
    peer: rows / peer,
    ratio: median(samples.Holdfast.map((seconds, round) => samples.peer[round] / seconds)),
    aim: 0.5,
    details: { Holdfast: { seconds: ours, 'memory peak MB': median(memory) }, peer: { seconds: peer } },
  };
  const settings = `${rows.toLocaleString('en-US')} contacts, ${rounds} rounds in turns, medians`;
  const notes = [
    'Holdfast: from the fetch of the manifest to the commit, as its log says: fetch, decrypt, verify, stage, insert, and compute the digest of every stored row; accounts and the system set too.',
    'Peer: COPY of a file in clear into a copy of the table with all its indexes.',
  ];
  return { results: [result], settings, notes };
}

const exportFile = (lab) => join(lab.home.folder, 'bench-contacts.csv');

async function exportRows(lab) {
  const { rows } = await lab
    .pool()
    .query(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'cloud' AND table_name = 'contact' ORDER BY ordinal_position`,
    );
  const columns = rows.map(({ name }) => `"${name}"`).join(', ');
  await withClient(lab.url(null), async (client) => {
    const source = client.query(copyTo(`COPY (SELECT ${columns} FROM cloud.contact) TO STDOUT`));
    await pipeline(source, createWriteStream(exportFile(lab)));
  });
  return columns;
}

async function emptyReplica(replica) {
  await replica.query('TRUNCATE crm.contact, crm.account CASCADE');
  for (const table of ['replica_state', 'replica_watch']) {
    await replica.query(`DELETE FROM replication.${table}`);
    await replica.query(`INSERT INTO replication.${table} DEFAULT VALUES`);
  }
  await replica.query('CHECKPOINT');
}

/** A fresh replica from its start until it shows the snapshot. @returns seconds and MiB */
export async function hydrateOnce(lab, replica, rows) {
  const process = await lab.start('replica');
  await lab.until(
    'the replica to apply the snapshot',
    async () =>
      (await replica.query('SELECT 1 FROM replication.replica_state WHERE generation IS NOT NULL')).rows
        .length > 0,
    { timeoutMs: 10_800_000, everyMs: 100 },
  );
  const { peak } = memoryMb(process.pid);
  const { durationMs } = await lab.until('the log line of the apply', () => lastApplied(process.log));
  await process.stop();
  const { rows: counted } = await replica.query('SELECT count(*)::int AS count FROM crm.contact');
  if (counted[0].count !== rows) throw new Error(`the replica holds ${counted[0].count} contacts`);
  return { seconds: durationMs / 1000, peak };
}

async function lastApplied(log) {
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const line = lines.findLast((text) => text.includes('"replica.applied"'));
  return line === undefined ? null : JSON.parse(line);
}

async function copyOnce(lab, replica, columns) {
  await replica.query('CREATE SCHEMA IF NOT EXISTS bench');
  await replica.query('DROP TABLE IF EXISTS bench.contact');
  await replica.query('CREATE TABLE bench.contact (LIKE crm.contact INCLUDING ALL)');
  await replica.query('CHECKPOINT');
  const startedAt = performance.now();
  await withClient(lab.url(null, 'replica'), async (client) => {
    await client.query('BEGIN');
    const target = client.query(copyFrom(`COPY bench.contact (${columns}) FROM STDIN`));
    await pipeline(createReadStream(exportFile(lab)), target);
    await client.query('COMMIT');
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await replica.query('DROP TABLE bench.contact');
  return seconds;
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC -c statement_timeout=0' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
