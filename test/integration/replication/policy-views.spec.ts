import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const caseFields = [
  'product',
  'subProduct',
  'issue',
  'subIssue',
  'state',
  'zipCode',
  'channel',
  'response',
  'timely',
  'disputed',
];

async function defineCaseFields(db: PolicyDatabase): Promise<void> {
  for (const key of caseFields)
    await db.insert('crm.custom_field', {
      type: 'case',
      key,
      label: key,
      kind: 'text',
      classification: 'internal',
    });
}

describe('the views of the demonstration policy', () => {
  let db: PolicyDatabase;
  const ids: Record<string, string> = {};
  const view = async (type: string, id: string | undefined) =>
    (await db.connector.query<Record<string, unknown>>(`SELECT * FROM cloud."${type}" WHERE id = $1`, [id]))
      .rows[0];

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await defineCaseFields(db);
    const demo = await readFile('config/demo-policy.yaml', 'utf8');
    await db.activate(demo.replace(/^version: 1$/m, ''));
    ids.pipeline = await db.insert('crm.pipeline', {
      name: 'Sales',
      key: 'sales',
      position: 1,
      is_default: true,
    });
    ids.medical = await db.insert('crm.account', { name: 'Clinic', kind: 'customer', sector: 'medical' });
    ids.retail = await db.insert('crm.account', {
      name: 'Shop',
      kind: 'customer',
      sector: 'retail',
      phone: '+1 (555) 010-4477',
      revenue: '12.5000',
      revenue_currency: 'USD',
      employees: 7,
      parent_id: ids.medical,
    });
    ids.plain = await db.insert('crm.account', { name: 'No sector', kind: 'customer' });
    const deal = { name: 'Deal', pipeline_id: ids.pipeline, stage: 'won', status: 'won' };
    ids.contactIn = await db.insert('crm.contact', {
      last_name: 'In',
      account_id: ids.retail,
      email: 'in@example.com',
      phone: '12345678',
      mobile: '123',
    });
    ids.contactOut = await db.insert('crm.contact', { last_name: 'Out', account_id: ids.medical });
    ids.dealIn = await db.insert('crm.deal', { ...deal, account_id: ids.retail, contact_id: ids.contactOut });
    ids.dealOut = await db.insert('crm.deal', { ...deal, account_id: ids.medical });
    ids.dealAlone = await db.insert('crm.deal', deal);
    ids.caseIn = await db.insert('crm.case', {
      subject: 'Complaint',
      status: 'new',
      priority: 'normal',
      account_id: ids.plain,
      contact_id: ids.contactIn,
      custom: JSON.stringify({ product: 'Loan', zipCode: '90210', disputed: 'Yes', unknown: 'x' }),
    });
    ids.activityIn = await db.insert('crm.activity', {
      kind: 'call',
      subject: 'a',
      done: false,
      account_id: ids.retail,
    });
    ids.activityMixed = await db.insert('crm.activity', {
      kind: 'call',
      subject: 'b',
      done: false,
      account_id: ids.retail,
      deal_id: ids.dealOut,
    });
    ids.activityAlone = await db.insert('crm.activity', { kind: 'note', subject: 'c', done: false });
    ids.binned = await db.insert('crm.account', { name: 'Bin', kind: 'customer', deleted_at: new Date() });
  });
  afterAll(() => db.close());

  it('keeps the medical account and all that follows it at home', async () => {
    for (const [type, name] of [
      ['account', 'medical'],
      ['contact', 'contactOut'],
      ['deal', 'dealOut'],
      ['activity', 'activityMixed'],
    ] as const)
      expect(await view(type, ids[name])).toBeUndefined();
    for (const [type, name] of [
      ['account', 'retail'],
      ['contact', 'contactIn'],
      ['deal', 'dealIn'],
      ['case', 'caseIn'],
      ['activity', 'activityIn'],
    ] as const)
      expect(await view(type, ids[name])).toBeDefined();
  });

  it('takes an account without a sector as not medical', async () => {
    expect(await view('account', ids.plain)).toMatchObject({ name: 'No sector', sector: null });
  });

  it('does not select a record whose parent is empty', async () => {
    expect(await view('deal', ids.dealAlone)).toBeUndefined();
    expect(await view('activity', ids.activityAlone)).toBeUndefined();
  });

  it('leaves the recycle bin out', async () => {
    expect(await view('account', ids.binned)).toBeUndefined();
  });

  it('has no column for what is omitted', async () => {
    const account = await view('account', ids.retail);
    expect(Object.keys(account ?? {})).not.toEqual(expect.arrayContaining(['revenue']));
    for (const column of ['revenue', 'revenue_currency', 'employees', 'deleted_at'])
      expect(account).not.toHaveProperty(column);
  });

  it('masks phone numbers and never shows more than half of one', async () => {
    expect(await view('account', ids.retail)).toMatchObject({ phone: '••••4477' });
    expect(await view('contact', ids.contactIn)).toMatchObject({
      phone: '••••5678',
      mobile: '••••3',
      email: expect.stringMatching(/^p_[0-9a-f]{32}$/) as unknown,
    });
  });

  it('shows null in place of a reference to a record that stays home', async () => {
    expect(await view('account', ids.retail)).toMatchObject({ parent_id: null });
    expect(await view('deal', ids.dealIn)).toMatchObject({ contact_id: null, account_id: ids.retail });
    expect(await view('case', ids.caseIn)).toMatchObject({ contact_id: ids.contactIn });
  });

  it('sends of the custom values only those that the policy names', async () => {
    expect(await view('case', ids.caseIn)).toMatchObject({ custom: { product: 'Loan' } });
    const { rows } = await db.connector.query<{ key: string }>(
      'SELECT key FROM cloud.custom_field ORDER BY key',
    );
    expect(rows.map(({ key }) => key)).toEqual(
      caseFields.filter((key) => key !== 'zipCode' && key !== 'disputed').sort(),
    );
  });

  it('begins every record with the same columns and ends with the custom ones', async () => {
    const { rows } = await db.connector.query<{ type: string; columns: { name: string }[] }>(
      `SELECT type, columns FROM replication.view_catalog
       WHERE type IN ('account', 'contact', 'deal', 'case', 'activity', 'product', 'user', 'pipeline', 'stage')`,
    );
    expect(rows).toHaveLength(9);
    for (const { columns } of rows) {
      const names = columns.map(({ name }) => name);
      expect(names.slice(0, 7)).toEqual(
        'id created_at created_by updated_at updated_by owner_id version'.split(' '),
      );
      expect(names.at(-1)).toBe('custom');
    }
  });
});

describe('a custom field that the policy names', () => {
  it('is that very field: one made later under the same key stays home, and the values with it', async () => {
    const db = await openPolicyDatabase();
    const define = () =>
      db.insert('crm.custom_field', {
        ...{ type: 'case', key: 'note', label: 'Note', kind: 'text', classification: 'internal' },
      });
    const first = await define();
    await db.activate('types: { case: { custom: { note: include } } }');
    const id = await db.insert('crm."case"', {
      ...{ subject: 's', status: 'new', priority: 'low', custom: JSON.stringify({ note: 'n' }) },
    });
    const shown = async () => {
      const { rows } = await db.connector.query(
        `SELECT custom, (SELECT count(*)::int FROM cloud.custom_field) AS fields FROM cloud."case" WHERE id = $1`,
        [id],
      );
      return rows[0] as unknown;
    };
    const dependents = async () =>
      (
        await db.connector.query<{ id: string }>('SELECT id FROM cloud.dependents_custom_field($1)', [
          [first],
        ])
      ).rows;
    expect(await shown()).toEqual({ custom: { note: 'n' }, fields: 1 });
    expect(await dependents()).toEqual([]);
    await db.sql('DELETE FROM crm.custom_field WHERE id = $1', [first]);
    expect(await shown()).toEqual({ custom: {}, fields: 0 });
    expect(await dependents()).toEqual([{ id }]);
    await define();
    expect(await shown()).toEqual({ custom: {}, fields: 0 });
    await db.activate('types: { case: { custom: { note: include } } }');
    expect(await shown()).toEqual({ custom: { note: 'n' }, fields: 1 });
    await db.close();
  });
});

describe('a mask', () => {
  it('leaves an empty value empty, whichever it is', async () => {
    const db = await openPolicyDatabase();
    await db.activate(
      'types: { contact: { fields: { email: { mask: domain }, phone: { mask: last4 }, jobTitle: { mask: all } } } }',
    );
    const id = await db.insert('crm.contact', { last_name: 'Bare' });
    const { rows } = await db.connector.query(
      'SELECT email, phone, job_title FROM cloud.contact WHERE id = $1',
      [id],
    );
    await db.close();
    expect(rows).toEqual([{ email: null, phone: null, job_title: null }]);
  });
});
