import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PolicyInvalid } from '../../../src/replication/policy/policy.errors.js';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const kinds = { amount: 'decimal', due: 'date', checked: 'boolean', note: 'text' };

describe('a policy that selects by the customer’s own fields', () => {
  let db: PolicyDatabase;
  beforeAll(async () => {
    db = await openPolicyDatabase();
    for (const [key, kind] of Object.entries(kinds))
      await db.insert('crm.custom_field', {
        type: 'account',
        key,
        label: key,
        kind,
        classification: 'internal',
      });
  });
  afterAll(() => db.close());

  const selected = async (where: string) => {
    await db.activate(`types: { account: { where: ${where} } }`);
    const { rows } = await db.connector.query<{ id: string }>('SELECT id FROM cloud.account');
    return rows.map(({ id }) => id);
  };

  it('shows the connector the rows, whatever the kind of the field', async () => {
    const custom = { amount: '10.5', due: '2026-03-01', checked: true, note: 'yes' };
    const account = (values: Record<string, unknown>) =>
      db.insert('crm.account', { name: 'a', kind: 'customer', custom: JSON.stringify(values) });
    const kept = await account(custom);
    await account({ amount: '9', due: '2026-02-28', checked: false, note: 'no' });
    await account({});
    for (const leaf of [
      '{ field: custom.amount, op: gt, value: 10 }',
      '{ field: custom.due, op: gte, value: 2026-03-01 }',
      '{ field: custom.checked, op: eq, value: true }',
      '{ field: custom.note, op: eq, value: "yes" }',
    ])
      expect({ leaf, ids: await selected(leaf) }).toEqual({ leaf, ids: [kept] });
  });

  it('lets no field that was made later under the same key decide what leaves', async () => {
    const define = () =>
      db.insert('crm.custom_field', {
        ...{ type: 'account', key: 'region', label: 'r', kind: 'text', classification: 'internal' },
      });
    let field = await define();
    const custom = JSON.stringify({ region: 'north' });
    const account = await db.insert('crm.account', { name: 'a', kind: 'customer', custom });
    const child = await db.insert('crm.contact', { last_name: 'follows', account_id: account });
    const idsIn = async (view: string) =>
      (await db.connector.query<{ id: string }>(`SELECT id FROM ${view}`)).rows.map(({ id }) => id);
    const put = (where: string) =>
      db.activate(`types: { account: { where: ${where} }, contact: { follows: account } }`);
    for (const where of [
      '{ field: custom.region, op: eq, value: north }',
      '{ field: custom.region, op: neq, value: south }',
      '{ not: { field: custom.region, op: eq, value: south } }',
    ]) {
      await put(where);
      expect(await idsIn('cloud.account')).toContain(account);
      expect(await idsIn('cloud.contact')).toEqual([child]);
      // what was sent must be looked at again, or it would stay
      for (const [type, id] of Object.entries({ account, contact: child }))
        await db.sql(
          `INSERT INTO replication.ledger (type, id, digest) VALUES ($1, $2, sha256('')) ON CONFLICT DO NOTHING`,
          [type, id],
        );
      const before = field;
      await db.sql('DELETE FROM crm.custom_field WHERE id = $1', [before]);
      field = await define();
      // the value is still there, under the key that the new field has
      expect([where, await idsIn('cloud.account'), await idsIn('cloud.contact')]).toEqual([where, [], []]);
      const dependents = await idsIn(`cloud.dependents_custom_field(ARRAY['${before}']::uuid[])`);
      expect(dependents.sort()).toEqual([account, child].sort());
    }
    await db.sql('DELETE FROM crm.custom_field WHERE id = $1', [field]);
    await expect(put('{ field: custom.region, op: eq, value: north }')).rejects.toThrow(PolicyInvalid);
  });
});
