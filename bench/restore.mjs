// A fresh replica hydrates from the bucket, and pg_restore fills the same tables from a dump of them: both into one
// server, Debian's PostgreSQL 15.
import { execFile } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { hydrateOnce } from './hydrate.mjs';
import { prepareSnapshot, publishOnce } from './snapshot.mjs';
import { withLab } from './support/lab.mjs';

const execute = promisify(execFile);

export const bench = {
  name: 'restore',
  title: 'Replica hydrate against pg_restore',
  summary:
    'a replica applies a first snapshot, against pg_restore of the same database (Debian’s PostgreSQL 15)',
  options: { rows: 5_000_000, postgres: '/usr/lib/postgresql/15' },
  run: (options) =>
    withLab(
      async (lab) => {
        await dropSearchIndexes(lab.pool());
        await prepareSnapshot(lab, options);
        const published = await publishOnce(lab, lab.pool());
        return run(lab, options, published);
      },
      {},
      options.postgres,
    ),
};

/** Of the premises: they have no part in this, and five million rows wait for them for a quarter of an hour. */
async function dropSearchIndexes(database) {
  const { rows } = await database.query(
    `SELECT format('DROP INDEX %I.%I', schemaname, indexname) AS text FROM pg_indexes
     WHERE schemaname = 'crm' AND tablename = 'contact' AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
  );
  for (const { text } of rows) await database.query(text);
}

async function run(lab, { rows, postgres }, published) {
  const replica = lab.pool('replica');
  await replica.query('CHECKPOINT');
  const ours = await hydrateOnce(lab, replica, rows);
  const { rows: server } = await replica.query('SHOW server_version');
  const dump = await dumpReplica(lab, postgres);
  const peerSeconds = await restore(lab, postgres, rows);
  const result = {
    what: 'hydrate, rows',
    unit: '/s',
    ours: rows / ours.seconds,
    peer: rows / peerSeconds,
    ratio: peerSeconds / ours.seconds,
    details: {
      Holdfast: { seconds: ours.seconds, 'memory peak MB': ours.peak, 'read MB': await partsMb(lab) },
      peer: { seconds: peerSeconds, 'read MB': dump.megabytes },
    },
  };
  const count = rows.toLocaleString('en-US');
  return {
    results: [result],
    settings: `${count} contacts, once each, Holdfast first; the server is Debian's PostgreSQL ${server[0].server_version}, not the embedded one`,
    notes: [
      'Holdfast: from the fetch of the manifest to the commit, as its log says: fetch, decrypt, verify, stage, insert, compute the digest of every stored row, and build the indexes afterwards.',
      `Peer: pg_restore, one job, of pg_dump -Fc of the whole database that the replica has filled (the dump took ${Math.round(dump.seconds)} s); it copies in clear, builds the indexes afterwards and verifies nothing.`,
      `The first snapshot of these rows took ${Math.round(published.seconds)} s, the connector ${Math.round(published.peak / 2 ** 20)} MB at most.`,
    ],
  };
}

const dumpFile = (lab) => join(lab.home.folder, 'replica.dump');

async function dumpReplica(lab, postgres) {
  const startedAt = performance.now();
  const to = ['-Fc', '--file', dumpFile(lab), '--dbname', lab.url(null, 'replica')];
  await execute(join(postgres, 'bin/pg_dump'), to);
  const { size } = await stat(dumpFile(lab));
  return { seconds: (performance.now() - startedAt) / 1000, megabytes: size / 1e6 };
}

/** Into an empty database of the same server. @returns seconds */
async function restore(lab, postgres, rows) {
  const pool = lab.pool('replica');
  const name = 'bench_restored';
  await pool.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  await pool.query('CHECKPOINT');
  const url = new URL(lab.url(null, 'replica'));
  url.pathname = `/${name}`;
  const startedAt = performance.now();
  await execute(join(postgres, 'bin/pg_restore'), ['--exit-on-error', '--dbname', url.href, dumpFile(lab)]);
  const seconds = (performance.now() - startedAt) / 1000;
  const counted = await execute(join(postgres, 'bin/psql'), [
    ...['--dbname', url.href, '--tuples-only', '--no-align'],
    ...['--command', 'SELECT count(*) FROM crm.contact'],
  ]);
  if (Number(counted.stdout) !== rows) throw new Error(`pg_restore left ${counted.stdout.trim()} contacts`);
  await rm(dumpFile(lab));
  return seconds;
}

async function partsMb(lab) {
  const { rows } = await lab.pool().query(
    `SELECT sum((e ->> 'bytes')::float8) / 1e6 AS megabytes FROM replication.batch b, jsonb_array_elements(b.parts) e
     WHERE b.n = 1`,
  );
  return rows[0].megabytes;
}
