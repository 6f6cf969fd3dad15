// One transaction of a million rows, from its commit to a replica's readers. HOLDFAST_TEST_TRANSACTION_ROWS makes it
// smaller.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openWorld, type ConnectorWorld } from '../integration/connector/connector-world.js';
import { beside } from './beside.js';
import { sizeOf, tell } from './figures.js';
import {
  contactForm,
  CONTACTS_POLICY,
  fillContacts,
  signedContacts,
  sumOfContacts,
} from './many-contacts.js';
import type { MeasuredProcess } from './measured-process.js';
import { ProductProcesses, published, reaches, type ReplicaProcess } from './product-processes.js';

const ROWS = sizeOf('HOLDFAST_TEST_TRANSACTION_ROWS', 1_000_000);
/** of the second transaction: so many go and as many come */
const EXCHANGED = Math.floor(ROWS / 5);
const MOST_MIB = 400;
const HOUR_MS = 3_600_000;
const LOOK_EVERY_MS = 200;

let world: ConnectorWorld;
let processes: ProductProcesses;
let connector: MeasuredProcess;
let replica: ReplicaProcess;
beforeAll(async () => {
  world = await openWorld();
  processes = await ProductProcesses.over(world);
  await fillContacts(world, 1, ROWS);
  await world.activate(CONTACTS_POLICY);
  connector = await processes.connector();
  replica = await processes.replica();
  const { at } = await published(world, HOUR_MS);
  await reaches(replica, at, HOUR_MS);
}, HOUR_MS);
afterAll(async () => {
  await processes.end();
  await world.end();
});

/** What readers of the replica saw, each state once and in order, until `stop`. */
function watch(mark: string): { states: string[]; stop: () => Promise<void> } {
  const states: string[] = [];
  const readers = beside(LOOK_EVERY_MS, async () => {
    const { rows } = await replica.database.admin.query<{ state: string }>(
      `SELECT count(*) FILTER (WHERE job_title = $1) || ' of ' || count(*) AS state FROM crm.contact`,
      [mark],
    );
    const state = rows[0]?.state ?? '';
    if (state !== states.at(-1)) states.push(state);
  });
  return { states, stop: () => readers.stop() };
}

interface Journey {
  states: string[];
  commitSeconds: number;
  publishedSeconds: number;
  lagSeconds: number;
}

/** Commits the statements as one transaction and follows them to the replica. */
async function carry(mark: string, statements: readonly string[], values: unknown[]): Promise<Journey> {
  const readers = watch(mark);
  const beganAt = performance.now();
  const client = await world.database.admin.connect();
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement, values);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  const committedAt = performance.now();
  const { at } = await published(world, HOUR_MS);
  const publishedAt = performance.now();
  await reaches(replica, at, HOUR_MS);
  const shownAt = performance.now();
  await sleep(4 * LOOK_EVERY_MS);
  await readers.stop();
  return {
    states: readers.states,
    commitSeconds: (committedAt - beganAt) / 1000,
    publishedSeconds: (publishedAt - committedAt) / 1000,
    lagSeconds: (shownAt - committedAt) / 1000,
  };
}

/** Afterwards a single row must travel as fast as ever. @returns milliseconds */
async function lagOfOne(): Promise<number> {
  const startedAt = performance.now();
  await world.sql(
    `UPDATE crm.contact SET version = version + 1 WHERE id = (SELECT max(id::text)::uuid FROM crm.contact)`,
  );
  const { at } = await published(world, HOUR_MS);
  await reaches(replica, at, HOUR_MS);
  return performance.now() - startedAt;
}

async function expectEqual(): Promise<void> {
  const form = await contactForm(world);
  const expected = await sumOfContacts(world.database.admin, 'cloud.contact', form);
  expect(await sumOfContacts(replica.database.admin, 'crm.contact', form)).toEqual(expected);
  expect(await signedContacts(world, await replica.position())).toEqual(expected);
}

async function report(what: string, rows: number, journey: Journey): Promise<void> {
  const { commitSeconds, publishedSeconds, lagSeconds } = journey;
  tell(what, {
    ...{ 'commit s': commitSeconds, 'published s': publishedSeconds, 'on the replica s': lagSeconds },
    ...{ 'rows/s to the bucket': rows / publishedSeconds, 'rows/s to the replica': rows / lagSeconds },
    ...{ 'connector MiB': connector.peakMiB, 'replica MiB': replica.process.peakMiB },
    'one row afterwards ms': await lagOfOne(),
  });
}

function expectBounded(): void {
  expect(connector.peakMiB).toBeLessThan(MOST_MIB);
  expect(replica.process.peakMiB).toBeLessThan(MOST_MIB);
}

it(
  `an update of ${ROWS} rows is seen by readers of the replica whole or not at all, in bounded memory`,
  async () => {
    const update = 'UPDATE crm.contact SET job_title = $1, version = version + 1';
    const journey = await carry('Changed in one go', [update], ['Changed in one go']);
    await report(`one transaction, ${ROWS} rows updated`, ROWS, journey);
    expect(journey.states).toEqual([`0 of ${ROWS}`, `${ROWS} of ${ROWS}`]);
    await expectEqual();
    expectBounded();
  },
  HOUR_MS,
);

it(
  `${EXCHANGED} rows that go and ${EXCHANGED} that come in one transaction do so together`,
  async () => {
    const come = `INSERT INTO crm.contact (id, created_at, updated_at, version, last_name, job_title)
      SELECT gen_random_uuid(), now(), now(), 1, 'New ' || i, $1 FROM generate_series(1, ${EXCHANGED}) i`;
    const go = `DELETE FROM crm.contact WHERE job_title <> $1 AND id IN (
      SELECT id FROM crm.contact WHERE job_title <> $1 ORDER BY id LIMIT ${EXCHANGED})`;
    const journey = await carry('Came at once', [go, come], ['Came at once']);
    await report(`one transaction, ${EXCHANGED} deleted and inserted`, 2 * EXCHANGED, journey);
    expect(journey.states).toEqual([`0 of ${ROWS}`, `${EXCHANGED} of ${ROWS}`]);
    await expectEqual();
    expectBounded();
  },
  HOUR_MS,
);
