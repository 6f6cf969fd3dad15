// What comes after the first snapshot: changes that gathered while the connector was away, and the same rows made anew
// beside the chain. Both are held against the first snapshot of the same rows in the same run.
import { performance } from 'node:perf_hooks';
import { withLab } from './support/lab.mjs';
import { memoryMb } from './support/process-facts.mjs';
import { prepareSnapshot, publishOnce } from './snapshot.mjs';

export const bench = {
  name: 'catch-up',
  title: 'Catch-up and compaction',
  summary:
    'changes that gathered while the connector was away, and a generation made anew beside the chain, against the first snapshot',
  options: { rows: 500_000, changed: 200_000 },
  run: (options) =>
    withLab(async (lab) => {
      await prepareSnapshot(lab, options);
      return run(lab, options);
    }),
};

async function run(lab, { rows, changed }) {
  const database = lab.pool();
  const first = await publishOnce(lab, database);
  await change(database, changed);
  const connector = await lab.start('connector');
  const caughtUp = await catchUp(lab, database);
  const compacted = await compact(lab, database);
  const { peak } = memoryMb(connector.pid);
  await connector.stop();
  const results = [
    resultOf('catch-up, rows', changed, caughtUp, rows, first.seconds, peak),
    resultOf('compaction, rows', rows, compacted, rows, first.seconds, peak),
  ];
  const count = (value) => value.toLocaleString('en-US');
  const settings = `${count(rows)} contacts, ${count(changed)} of them changed in 100 transactions while the connector was away, folder as bucket`;
  const notes = [
    'Catch-up: from the start of the process to the publication of the last change; each row is compared with the ledger by its digest.',
    'Compaction: a generation made anew in pieces of 20,000 rows, a turn of the lane each, rows digested and added up again; published beside the deltas of the moment.',
  ];
  return { results, settings, notes };
}

async function change(database, changed) {
  const { rows } = await database.query('SELECT id FROM crm.contact ORDER BY id LIMIT $1', [changed]);
  const ids = rows.map(({ id }) => id);
  const size = Math.ceil(ids.length / 100);
  for (let at = 0; at < ids.length; at += size)
    await database.query(
      `UPDATE crm.contact SET job_title = coalesce(job_title, '') || '.', version = version + 1 WHERE id = ANY ($1)`,
      [ids.slice(at, at + size)],
    );
  await database.query('CHECKPOINT');
}

async function catchUp(lab, database) {
  const startedAt = performance.now();
  const { rows } = await database.query(`SELECT head FROM replication.generation WHERE state = 'live'`);
  await lab.until(
    'the changes to be published',
    async () => {
      const { rows: now } = await database.query(
        `SELECT head, NOT EXISTS (SELECT 1 FROM replication.change c
           WHERE c.xid >= pg_snapshot_xmax(g.cursor_snapshot)) AS is_done
         FROM replication.generation g WHERE state = 'live'`,
      );
      return now[0]?.head > rows[0].head && now[0].is_done;
    },
    { timeoutMs: 1_200_000 },
  );
  return (performance.now() - startedAt) / 1000;
}

async function compact(lab, database) {
  await database.query(`INSERT INTO replication.generation_request (reason) VALUES ('benchmark')`);
  return lab.until(
    'the generation made anew',
    async () => {
      const { rows } = await database.query(
        `SELECT extract(epoch FROM live_at - created_at)::float8 AS seconds FROM replication.generation
         WHERE state = 'live' AND reason = 'benchmark'`,
      );
      return rows[0]?.seconds;
    },
    { timeoutMs: 1_200_000 },
  );
}

function resultOf(what, rows, seconds, firstRows, firstSeconds, peak) {
  return {
    what,
    unit: '/s',
    ours: rows / seconds,
    peer: firstRows / firstSeconds,
    ratio: rows / seconds / (firstRows / firstSeconds),
    details: { Holdfast: { seconds, 'memory peak MB': peak }, peer: { seconds: firstSeconds } },
  };
}
