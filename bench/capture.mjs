// What noting the changed keys costs the writer: the same writes on two tables, one of them with the capture triggers.
import { performance } from 'node:perf_hooks';
import { contactPolicy } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { memoryMb } from './support/process-facts.mjs';
import { inTurns, median } from './support/statistics.mjs';

export const bench = {
  name: 'capture',
  title: 'Cost of change capture',
  summary: 'writes of 1, 20 and 200,000 rows with and without the capture triggers',
  options: { rows: 200_000, seconds: 4, rounds: 5, clients: 8 },
  run: (options) => withLab((lab) => run(lab, options)),
};

const tables = { Holdfast: 'bench.captured', peer: 'bench.plain' };

export async function run(lab, options) {
  await lab.activatePolicy(contactPolicy);
  const database = lab.pool('primary', null, options.clients + 2);
  await prepare(database, options.rows);
  const small = { aim: 0.65, what: '1 row per transaction', rowsEach: 1 };
  const medium = { aim: 0.7, what: '20 rows per transaction', rowsEach: 20 };
  const results = [];
  for (const size of [small, medium]) results.push(await measureSmall(database, size, options));
  results.push(await measureLarge(database, options));
  const settings =
    `tables like pgbench's with ${options.rows.toLocaleString('en-US')} rows, ${options.clients} clients, ` +
    `${options.rounds} rounds of ${options.seconds} s in turns, medians; commits wait for the disk`;
  const notes = [`PostgreSQL itself: ${memoryMb(lab.postgres.pid).peak} MB at most (postmaster).`];
  return { results, settings, notes };
}

/** As pgbench's accounts: a key, a number that changes, a filling. The triggers are copies of crm.contact's own. */
async function prepare(database, rows) {
  await database.query('CREATE SCHEMA IF NOT EXISTS bench');
  for (const table of Object.values(tables)) {
    await database.query(`DROP TABLE IF EXISTS ${table}`);
    await database.query(
      `CREATE TABLE ${table} (id uuid PRIMARY KEY, number int NOT NULL, balance int NOT NULL, filler char(84)) WITH (fillfactor = 80)`,
    );
    await database.query(
      `INSERT INTO ${table} SELECT md5(i::text)::uuid, i, 0, 'filler' FROM generate_series(1, $1::int) i`,
      [rows],
    );
  }
  const { rows: triggers } = await database.query(
    `SELECT tgname AS name, pg_get_triggerdef(oid) AS text FROM pg_trigger
     WHERE tgrelid = 'crm.contact'::regclass AND tgname LIKE 'holdfast\\_capture\\_%'`,
  );
  if (triggers.length !== 4) throw new Error('crm.contact has not its four capture triggers');
  for (const { name, text } of triggers) {
    await database.query(text.replace(/ ON crm\.contact/, ` ON ${tables.Holdfast}`));
    await database.query(`ALTER TABLE ${tables.Holdfast} ENABLE ALWAYS TRIGGER "${name}"`);
  }
  await database.query(`VACUUM (ANALYZE) ${Object.values(tables).join(', ')}`);
}

async function measureSmall(database, { aim, what, rowsEach }, options) {
  const { rows } = await database.query('SELECT id FROM bench.plain ORDER BY number');
  const ids = rows.map(({ id }) => id);
  const write = async (table, seconds) => {
    const end = performance.now() + seconds * 1000;
    let transactions = 0;
    const one = async () => {
      while (performance.now() < end) {
        const picked = Array.from({ length: rowsEach }, () => ids[Math.floor(Math.random() * ids.length)]);
        picked.sort(); // in one order everywhere, so that no two wait for each other
        await database.query({ name: `${table} ${rowsEach}`, text: updateSql(table), values: [picked] });
        transactions += 1;
      }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: options.clients }, one));
    return (transactions * 1000) / (performance.now() - startedAt);
  };
  for (const table of Object.values(tables)) await write(table, 1);
  const samples = await inTurns(
    options.rounds,
    sides((table) => write(table, options.seconds), database),
  );
  return resultOf(`${what}, transactions`, '/s', samples, aim);
}

const updateSql = (table) => `UPDATE ${table} SET balance = balance + 1 WHERE id = ANY ($1::uuid[])`;

async function measureLarge(database, { rows, rounds }) {
  const write = async (table) => {
    const startedAt = performance.now();
    await database.query(`UPDATE ${table} SET balance = balance + 1`);
    return (rows * 1000) / (performance.now() - startedAt);
  };
  for (const table of Object.values(tables)) {
    await write(table);
    await tidy(database);
  }
  const samples = await inTurns(rounds, sides(write, database));
  return resultOf(`${rows.toLocaleString('en-US')} rows in one transaction, rows`, '/s', samples, 0.6);
}

function sides(write, database) {
  const side = (table) => async () => {
    const speed = await write(table);
    await tidy(database);
    return speed;
  };
  return { Holdfast: side(tables.Holdfast), peer: side(tables.peer) };
}

/** What the writes left behind must burden neither the next round nor the other side. */
async function tidy(database) {
  await database.query(`VACUUM ${Object.values(tables).join(', ')}`);
  await database.query('TRUNCATE replication.change');
  await database.query('CHECKPOINT');
}

function resultOf(what, unit, { Holdfast, peer }, aim) {
  const ratio = median(Holdfast.map((speed, round) => speed / peer[round]));
  return { what, unit, ours: median(Holdfast), peer: median(peer), ratio, aim };
}
