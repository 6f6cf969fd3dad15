// What a changed policy would send and take back, counted over a million rows while somebody waits for the answer.
import { performance } from 'node:perf_hooks';
import { contactPolicy, fillContacts } from './support/contacts.mjs';
import { withLab } from './support/lab.mjs';
import { memoryMb } from './support/process-facts.mjs';
import { inTurns, median } from './support/statistics.mjs';

export const bench = {
  name: 'preview',
  title: 'Preview of a policy',
  summary: 'POST /api/v1/cloud/policy/preview over a million contacts, against one hand-written count',
  options: { rows: 1_000_000, rounds: 3 },
  run: (options) => withLab((lab) => run(lab, options)),
};

/** A quarter of the contacts leaves, and a condition looks at another table. */
const changedPolicy = contactPolicy.replace(
  '  contact:\n',
  `  contact:
    where:
      and:
        - { field: jobTitle, op: neq, value: Nurse }
        - { field: account.name, op: neq, value: Account 7 }
`,
);

const byHand = `SELECT count(*)::int AS now,
    count(*) FILTER (WHERE c.job_title IS DISTINCT FROM 'Nurse' AND a.name IS DISTINCT FROM 'Account 7')::int AS then
  FROM crm.contact c LEFT JOIN crm.account a ON a.id = c.account_id WHERE c.deleted_at IS NULL`;

async function run(lab, { rows, rounds }) {
  const database = lab.pool();
  await fillContacts(database, rows);
  await lab.activatePolicy(contactPolicy);
  const token = await lab.makeAdministrator();
  const server = await lab.start('server');
  const expected = (await database.query(byHand)).rows[0];
  const samples = await inTurns(rounds, {
    Holdfast: () => timed(() => preview(server.url, token, expected)),
    peer: () => timed(() => database.query(byHand)),
  });
  const [ours, peer] = [median(samples.Holdfast), median(samples.peer)];
  return {
    results: [{ what: 'answer', unit: 's', ours, peer, aim: 10, isUpperBound: true }],
    settings: `${rows.toLocaleString('en-US')} contacts, ${rounds} rounds in turns, medians`,
    notes: [
      `Holdfast: rows that go now and then, enter and leave, with samples, for all record types, through the API; ${expected.now - expected.then} rows leave.`,
      'Peer: one statement that counts the contacts of both policies.',
      `Most memory: server ${memoryMb(server.pid).peak} MB.`,
    ],
  };
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function preview(url, token, expected) {
  const response = await fetch(`${url}/api/v1/cloud/policy/preview`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ yaml: changedPolicy }),
  });
  const answer = await response.json();
  if (response.status !== 200 || !answer.ok)
    throw new Error(`the preview answered ${response.status}: ${JSON.stringify(answer.errors ?? answer)}`);
  const { now, then, leaves } = answer.types.find(({ type }) => type === 'contact');
  if (now !== expected.now || then !== expected.then || leaves.count !== expected.now - expected.then)
    throw new Error('the preview counts other rows than a query by hand');
}
