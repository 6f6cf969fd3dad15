import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toColumnName } from '../../../src/records/index.js';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const policy = `
types:
  account: { where: { field: sector, op: neq, value: medical } }
  campaign: { where: { field: status, op: eq, value: active } }
  campaignMember: { follows: campaign }
  lead: { follows: { through: campaignMember } }
  contact: { follows: [account, { through: campaignMember }] }
  deal: { follows: account.parent }
  case: { follows: account }
  activity: { follows: [deal, case, contact] }
`;

describe('what follows over several steps', () => {
  let db: PolicyDatabase;
  let pipeline: string;
  const selected = async (type: string, id: string) =>
    ((await db.connector.query(`SELECT 1 FROM cloud."${type}" WHERE id = $1`, [id])).rowCount ?? 0) > 0;
  const dependents = async (type: string, ...ids: string[]) => {
    const { rows } = await db.connector.query<{ type: string; id: string }>(
      `SELECT DISTINCT type, id FROM cloud.dependents_${toColumnName(type)}($1)`,
      [ids],
    );
    return rows.map((row) => `${row.type} ${row.id}`).sort();
  };
  const sent = (type: string, id: string) =>
    db.sql(
      `INSERT INTO replication.ledger (type, id, digest) VALUES ($1, $2, decode(repeat('00', 32), 'hex'))`,
      [type, id],
    );
  const account = (sector: string | null, parent: string | null = null) =>
    db.insert('crm.account', { name: 'a', kind: 'customer', sector, parent_id: parent });
  const deal = (values: object) =>
    db.insert('crm.deal', { name: 'd', pipeline_id: pipeline, stage: 's', status: 'open', ...values });
  const activity = (values: object) =>
    db.insert('crm.activity', { kind: 'note', subject: 's', done: false, ...values });
  const campaign = (status: string) => db.insert('crm.campaign', { name: 'c', kind: 'other', status });
  const lead = () => db.insert('crm.lead', { last_name: 'l', status: 'new' });
  const member = (values: object) => db.insert('crm.campaign_member', { status: 'sent', ...values });
  const logged = async (work: () => Promise<unknown>) => {
    await db.sql('DELETE FROM replication.change');
    await work();
    const rows = await db.sql('SELECT DISTINCT type, id FROM replication.change');
    return rows.map(({ type, id }) => `${String(type)} ${String(id)}`).sort();
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await db.activate(policy);
    pipeline = await db.insert('crm.pipeline', { name: 'p', key: 'p', position: 0, is_default: true });
  });
  afterAll(() => db.close());

  describe('by two references', () => {
    it('is selected with the record at the end, whatever the one between', async () => {
      const top = await account('retail');
      const [between, orphan, below] = [
        await account('medical', top),
        await account('retail'),
        await account('retail', await account('medical')),
      ];
      expect(await selected('deal', await deal({ account_id: between }))).toBe(true);
      expect(await selected('deal', await deal({ account_id: orphan }))).toBe(false);
      expect(await selected('deal', await deal({ account_id: below }))).toBe(false);
      expect(await selected('deal', await deal({}))).toBe(false);
    });

    it('shows no reference to a record between that stays home', async () => {
      const between = await account('medical', await account('retail'));
      const id = await deal({ account_id: between });
      const { rows } = await db.connector.query('SELECT account_id FROM cloud.deal WHERE id = $1', [id]);
      expect(rows).toEqual([{ account_id: null }]);
    });

    it('hangs on both of them, and all that follows it does too', async () => {
      const top = await account('retail');
      const between = await account('retail', top);
      const d = await deal({ account_id: between });
      const n = await activity({ deal_id: d });
      const expected = [`activity ${n}`, `deal ${d}`];
      expect(await dependents('account', top)).toEqual([`account ${between}`, ...expected].sort());
      expect(await dependents('account', between)).toEqual(expected.sort());
      for (const [type, id] of [
        ['deal', d],
        ['activity', n],
      ] as const)
        await sent(type, id);
      await db.sql(`UPDATE crm.account SET deleted_at = now() WHERE id = $1`, [between]);
      expect([await selected('deal', d), await selected('activity', n)]).toEqual([false, false]);
      expect(await dependents('account', between)).toEqual(expected.sort());
    });
  });

  describe('through a link', () => {
    it('is selected when a selected link names it, and one is enough', async () => {
      const [one, two] = [await lead(), await lead()];
      const [active, planned] = [await campaign('active'), await campaign('planned')];
      await member({ campaign_id: planned, lead_id: one });
      await member({ campaign_id: planned, lead_id: two });
      await member({ campaign_id: active, lead_id: two });
      expect([await selected('lead', one), await selected('lead', two)]).toEqual([false, true]);
      expect(await selected('lead', await lead())).toBe(false);
    });

    it('stands in a list as one way among others, and a reference that is set must still lead on', async () => {
      const active = await campaign('active');
      const contact = async (accountId: string | null, isMember: boolean) => {
        const id = await db.insert('crm.contact', { last_name: 'c', account_id: accountId });
        if (isMember) await member({ campaign_id: active, contact_id: id });
        return selected('contact', id);
      };
      const [retail, medical] = [await account('retail'), await account('medical')];
      expect(await contact(retail, false)).toBe(true);
      expect(await contact(null, true)).toBe(true);
      expect(await contact(null, false)).toBe(false);
      expect(await contact(medical, true)).toBe(false);
    });

    it('hangs on the link and on what the link follows', async () => {
      const [c, l] = [await campaign('active'), await lead()];
      const m = await member({ campaign_id: c, lead_id: l });
      expect(await dependents('campaign', c)).toEqual([`campaignMember ${m}`, `lead ${l}`]);
      // and the link hangs on the record, whose id it shows
      expect(await dependents('campaignMember', m)).toEqual([`campaignMember ${m}`, `lead ${l}`]);
      await sent('lead', l);
      await sent('campaignMember', m);
      await db.sql(`UPDATE crm.campaign SET status = 'aborted' WHERE id = $1`, [c]);
      expect(await selected('lead', l)).toBe(false);
      expect(await dependents('campaign', c)).toEqual([`campaignMember ${m}`, `lead ${l}`]);
    });

    it('does not tell of a record that no selected link names', async () => {
      const [c, l] = [await campaign('planned'), await lead()];
      const m = await member({ campaign_id: c, lead_id: l });
      expect(await dependents('campaign', c)).toEqual([]);
      expect(await dependents('campaignMember', m)).toEqual([]);
    });

    it('is logged when the link goes, comes or names another', async () => {
      const [c, one, two] = [await campaign('active'), await lead(), await lead()];
      let m = '';
      const make = async () => {
        m = await member({ campaign_id: c, lead_id: one });
      };
      expect(await logged(make)).toEqual([`campaignMember ${m}`, `lead ${one}`]);
      expect(
        await logged(() => db.sql('UPDATE crm.campaign_member SET lead_id = $2 WHERE id = $1', [m, two])),
      ).toEqual([`campaignMember ${m}`, `lead ${one}`, `lead ${two}`].sort());
      expect(await logged(() => db.sql('DELETE FROM crm.campaign_member WHERE id = $1', [m]))).toEqual([
        `campaignMember ${m}`,
        `lead ${two}`,
      ]);
    });
  });

  it('is found through an index at every level', async () => {
    for (const [table, column] of [
      ['crm.account', 'parent_id'],
      ['crm.deal', 'account_id'],
      ['crm.campaign_member', 'campaign_id'],
      ['crm.campaign_member', 'lead_id'],
      ['crm.campaign_member', 'contact_id'],
      ['crm.attachment', 'record_type'],
    ]) {
      const found = await db.sql(
        `SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = $1::regclass AND a.attname = $2 AND i.indpred IS NULL`,
        [table, column],
      );
      expect([table, column, found.length > 0]).toEqual([table, column, true]);
    }
  });

  it('leaves no trigger arguments of an earlier policy behind', async () => {
    await db.activate('types: { campaign: , campaignMember: { follows: campaign }, lead: }');
    const [c, l] = [await campaign('active'), await lead()];
    let m = '';
    const changes = await logged(async () => {
      m = await member({ campaign_id: c, lead_id: l });
    });
    expect(changes).toEqual([`campaignMember ${m}`]);
  });
});
