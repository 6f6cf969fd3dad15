// The first snapshot: how fast rows get from the table into the sealed objects of the bucket.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { contactPolicy, fillContacts } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { product } from './support/paths.mjs';
import { cpuMs, memoryMb } from './support/process-facts.mjs';
import { runScript } from './support/run-script.mjs';
import { inTurns, median } from './support/statistics.mjs';

export const bench = {
  name: 'snapshot',
  title: 'First snapshot',
  summary:
    'bytes path and whole path of a first snapshot against a hand-written COPY through the same compression and cipher',
  options: { rows: 1_000_000, rounds: 3, wholeRounds: 2 },
  run: (options) =>
    withLab(async (lab) => {
      await prepareSnapshot(lab, options);
      return run(lab, options);
    }),
};

export async function prepareSnapshot(lab, { rows }) {
  const database = lab.pool();
  // Search indexes on premises have no part in a snapshot, and a million rows wait a minute for them.
  const { rows: indexes } = await database.query(
    `SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'crm' AND tablename = 'contact' AND indexdef LIKE '%USING gin%'`,
  );
  for (const { name } of indexes) await database.query(`DROP INDEX crm."${name}"`);
  await fillContacts(database, rows);
  await lab.activatePolicy(contactPolicy);
}

/** Leaves the last snapshot published in the bucket. */
export async function run(lab, { rows, rounds, wholeRounds }) {
  const database = lab.pool();
  const shared = await preparePeer(lab, database);
  const results = [
    await bytesPath(lab, shared, rows, rounds),
    await wholePath(lab, database, shared, rows, wholeRounds),
  ];
  const settings = `${rows.toLocaleString('en-US')} contacts of ${shared.columns.length} columns, folder as bucket, ${rounds} and ${wholeRounds} rounds in turns, medians`;
  const notes = [
    'Bytes path: Holdfast reads through the policy views in chunks of 50,000 by id and computes the row digests; the peer reads the bare table in one go and computes none.',
    'Whole path: the connector process from the beginning of its generation to its publication, other types, change log and manifest included; the peer digests each row with HMAC and copies the ledger beside.',
  ];
  return { results, settings, notes };
}

async function preparePeer(lab, database) {
  await database.query('CREATE SCHEMA IF NOT EXISTS bench');
  await database.query('CREATE TABLE IF NOT EXISTS bench.ledger (LIKE replication.ledger INCLUDING ALL)');
  const { rows } = await database.query(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'cloud' AND table_name = 'contact' ORDER BY ordinal_position`,
  );
  const { generateRecipient } = await product('src/replication/format/index.js');
  const { recipient } = await generateRecipient();
  return { columns: rows.map(({ name }) => name), recipient, folder: join(lab.home.folder, 'bench') };
}

const peerSettings = (lab, { columns, folder }, ledger) => ({ url: lab.url(null), folder, columns, ledger });

async function bytesPath(lab, shared, rows, rounds) {
  const ours = async () => {
    const folder = join(shared.folder, 'parts');
    const { recipient } = shared;
    const result = await runScript('ours/bytes-path.mjs', {
      url: lab.url('holdfast_connector'),
      folder,
      bucketUrl: lab.home.bucketUrl,
      recipient,
    });
    await rm(folder, { recursive: true });
    return result;
  };
  const samples = await inTurns(rounds, {
    Holdfast: ours,
    peer: () => runScript('peers/plain-snapshot.mjs', peerSettings(lab, shared, false)),
  });
  return resultOf('bytes path, rows', rows, samples);
}

async function wholePath(lab, database, shared, rows, rounds) {
  const samples = await inTurns(rounds, {
    Holdfast: async () => {
      await resetPublishing(lab, database);
      return publishOnce(lab, database);
    },
    peer: () => runScript('peers/plain-snapshot.mjs', peerSettings(lab, shared, true)),
  });
  return resultOf('whole path, rows', rows, samples);
}

/** As if nothing had ever been published. */
async function resetPublishing(lab, database) {
  await database.query(
    'TRUNCATE replication.generation, replication.batch, replication.ledger, replication.ledger_undo, replication.snapshot_chunk, replication.undone_batch, replication.lease CASCADE',
  );
  for (const name of ['m', 'd', 'acks', 'beat.json'])
    await rm(join(lab.home.bucketFolder, name), { recursive: true, force: true });
  await rm(join(lab.home.folder, 'spool'), { recursive: true, force: true });
}

/** One start of the connector until its first batch is published. */
export async function publishOnce(lab, database) {
  const connector = await lab.start('connector');
  const published = await lab.until(
    'the first snapshot',
    async () => {
      const { rows } = await database.query(
        `SELECT extract(epoch FROM live_at - created_at)::float8 AS seconds FROM replication.generation WHERE state = 'live'`,
      );
      return rows[0];
    },
    { timeoutMs: 3_600_000 },
  );
  const { pid } = connector;
  const facts = {
    seconds: published.seconds,
    peak: memoryMb(pid).peak * 2 ** 20,
    cpuSeconds: cpuMs(pid) / 1000,
  };
  await connector.stop();
  return facts;
}

function resultOf(what, rows, samples) {
  const side = (name) => ({
    seconds: median(samples[name].map(({ seconds }) => seconds)),
    'process CPU s': median(samples[name].map(({ cpuSeconds }) => cpuSeconds)),
    'memory peak MB': median(samples[name].map(({ peak }) => peak)) / 2 ** 20,
  });
  const [ours, peer] = [side('Holdfast'), side('peer')];
  return {
    what,
    unit: '/s',
    ours: rows / ours.seconds,
    peer: rows / peer.seconds,
    ratio: median(samples.Holdfast.map(({ seconds }, round) => samples.peer[round].seconds / seconds)),
    aim: 0.7,
    details: { Holdfast: ours, peer },
  };
}
