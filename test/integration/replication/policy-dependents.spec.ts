import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const policy = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  contact: { follows: account }
  deal: { where: { field: contact.lastName, op: neq, value: Hidden } }
  activity: { follows: [account, contact, deal, case] }
  case: { follows: account }
`;

describe('the rows that hang on a changed one', () => {
  let db: PolicyDatabase;
  let pipeline: string;
  const dependents = async (type: string, ...ids: string[]) => {
    const { rows } = await db.connector.query<{ type: string; id: string }>(
      `SELECT DISTINCT type, id FROM cloud.dependents_${type}($1)`,
      [ids],
    );
    return rows.map((row) => `${row.type} ${row.id}`).sort();
  };
  const ledger = (type: string, id: string) =>
    db.sql(
      `INSERT INTO replication.ledger (type, id, digest) VALUES ($1, $2, decode(repeat('00', 32), 'hex'))`,
      [type, id],
    );
  const account = (sector: string | null) =>
    db.insert('crm.account', { name: 'a', kind: 'customer', sector });
  const contact = (values: object) => db.insert('crm.contact', { last_name: 'c', ...values });
  const deal = (values: object) =>
    db.insert('crm.deal', { name: 'd', pipeline_id: pipeline, stage: 's', status: 'open', ...values });
  const activity = (values: object) =>
    db.insert('crm.activity', { kind: 'note', subject: 's', done: false, ...values });

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await db.activate(policy);
    pipeline = await db.insert('crm.pipeline', { name: 'p', key: 'p', position: 0, is_default: true });
  });
  afterAll(() => db.close());

  it('are those that follow it, over every step', async () => {
    const a = await account('retail');
    const c = await contact({ account_id: a });
    const n = await activity({ contact_id: c });
    await contact({ account_id: await account('retail') });
    expect(await dependents('account', a)).toEqual([`activity ${n}`, `contact ${c}`].sort());
  });

  it('are those that show its id, and those selected by its values', async () => {
    const a = await account('retail');
    const child = await db.insert('crm.account', { name: 'child', kind: 'customer', parent_id: a });
    const c = await contact({ account_id: a });
    const d = await deal({ contact_id: c });
    expect(await dependents('account', a)).toEqual([`account ${child}`, `contact ${c}`, `deal ${d}`].sort());
    expect(await dependents('contact', c)).toEqual([`deal ${d}`]);
  });

  it('leave out what was never sent and is not selected, so that its id does not leak', async () => {
    const a = await account('medical');
    const c = await contact({ account_id: a });
    expect(await dependents('account', a)).toEqual([]);
    await ledger('contact', c);
    expect(await dependents('account', a)).toEqual([`contact ${c}`]);
  });

  it('are found when the parent leaves, whole chains at once', async () => {
    const a = await account('retail');
    const c = await contact({ account_id: a });
    const n = await activity({ contact_id: c });
    for (const [type, id] of [
      ['account', a],
      ['contact', c],
      ['activity', n],
    ] as const)
      await ledger(type, id);
    await db.sql('DELETE FROM crm.account WHERE false');
    await db.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [a]);
    expect(await dependents('account', a)).toEqual([`activity ${n}`, `contact ${c}`].sort());
  });

  it('answer nothing for a type on which nothing hangs', async () => {
    const [row] = await db.sql(
      `SELECT dependents_function FROM replication.view_catalog WHERE type = 'activity'`,
    );
    expect(row).toEqual({ dependents_function: null });
    expect(await dependents('account', randomUUID())).toEqual([]);
  });

  it('cannot be asked by the server', async () => {
    await expect(db.app.query('SELECT * FROM cloud.dependents_account($1)', [[]])).rejects.toMatchObject({
      code: '42501',
    });
  });
});
