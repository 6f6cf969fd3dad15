import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
});
