import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const policy = `
types:
  account:
    fields:
      externalId: { pseudonym: keyed, scope: ledger }
      country: { generalise: { prefix: 3 } }
      phone: { pseudonym: keyed }
      revenue: { generalise: { band: 1000 } }
      employees: { generalise: { band: 50 } }
  contact:
    fields:
      firstName: { pseudonym: keyed }
      jobTitle: { pseudonym: keyed }
      email: { pseudonym: keyed }
      phone: { pseudonym: keyed }
      externalId: { pseudonym: keyed }
  deal: { fields: { closeDate: { generalise: quarter } } }
  activity: { fields: { dueAt: { generalise: month } } }
  case:
    custom:
      zipCode: { generalise: { prefix: 2 } }
      score: { generalise: { band: 2.5 } }
      since: { generalise: year }
      login: { pseudonym: keyed }
`;

describe('a treated field', () => {
  let db: PolicyDatabase;
  let pipeline: string;
  const view = async (type: string, id: string) =>
    (
      await db.connector.query<{ row: Record<string, unknown> }>(
        `SELECT row_to_json(v) AS row FROM cloud."${type}" v WHERE id = $1`,
        [id],
      )
    ).rows[0]?.row ?? {};
  const account = async (values: object) =>
    view('account', await db.insert('crm.account', { name: 'a', kind: 'customer', ...values }));
  const contact = async (values: object) =>
    view('contact', await db.insert('crm.contact', { last_name: 'c', ...values }));
  const closing = async (closeDate: string | null) => {
    const values = { name: 'd', pipeline_id: pipeline, stage: 's', status: 'open', close_date: closeDate };
    return (await view('deal', await db.insert('crm.deal', values))).close_date;
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    for (const [key, kind] of Object.entries({
      zipCode: 'text',
      score: 'decimal',
      since: 'date',
      login: 'text',
    }))
      await db.insert('crm.custom_field', {
        ...{ type: 'case', key, kind, label: key, classification: 'internal' },
      });
    await db.activate(policy);
    pipeline = await db.insert('crm.pipeline', { name: 'p', key: 'p', position: 0, is_default: true });
  });
  afterAll(() => db.close());

  describe('with a pseudonym', () => {
    it('is HMAC-SHA256 of scope and value under the stored key', async () => {
      const [stored] = await db.sql('SELECT inner_block FROM replication.pseudonym_key');
      const key = (stored?.inner_block as Buffer).map((byte) => byte ^ 0x36).subarray(0, 32);
      const expected = (scope: string, value: string) =>
        `p_${createHmac('sha256', key).update(`${scope}\0${value}`).digest('hex').slice(0, 32)}`;
      expect(await contact({ first_name: 'Zoë \\' })).toMatchObject({ first_name: expected('', 'Zoë \\') });
      expect(await account({ external_id: 'K-1' })).toMatchObject({ external_id: expected('ledger', 'K-1') });
    });

    it('is equal wherever the value is, unless the scope differs', async () => {
      const first = await contact({ first_name: 'K-2', job_title: ' K-2 ', external_id: 'K-2' });
      expect(first.first_name).toMatch(/^p_[0-9a-f]{32}$/);
      expect([first.job_title, first.external_id]).toEqual([first.first_name, first.first_name]);
      const second = await account({ external_id: 'K-2' });
      expect(second.external_id).toMatch(/^p_[0-9a-f]{32}$/);
      expect(second.external_id).not.toBe(first.first_name);
      expect((await contact({ first_name: 'k-2' })).first_name).not.toBe(first.first_name);
    });

    it('is equal for two spellings of an e-mail address or phone number', async () => {
      const one = await contact({ email: 'Ada@Example.COM', phone: '+1 (555) 010-44' });
      const two = await contact({ email: ' ada@example.com', phone: '+155501044' });
      expect([one.email, one.phone]).toEqual([two.email, two.phone]);
      expect(await account({ phone: '+1 555 01044' })).toMatchObject({ phone: one.phone });
      expect((await contact({ phone: '155501044' })).phone).not.toBe(one.phone);
    });

    it('stays empty where the value is empty', async () => {
      expect(await contact({ first_name: null, job_title: '', email: '  ', phone: '()' })).toMatchObject({
        ...{ first_name: null, job_title: null, email: null, phone: null },
      });
    });

    it('stays the same under a later policy', async () => {
      const id = await db.insert('crm.contact', { last_name: 'c', email: 'stays@example.com' });
      const before = await view('contact', id);
      await db.activate(policy);
      expect((await view('contact', id)).email).toBe(before.email);
      expect(before.email).toMatch(/^p_/);
    });

    it('makes every row be looked at again where the key is another', async () => {
      await db.sql('DELETE FROM replication.change');
      await db.sql(`UPDATE replication.pseudonym_key SET created_at = now()`);
      expect(await db.sql('SELECT DISTINCT type FROM replication.change')).toEqual([{ type: '*truncate' }]);
    });
  });

  describe('generalised', () => {
    it.each([
      ['2026-08-31', '2026-07-01'],
      ['2026-01-01', '2026-01-01'],
      [null, null],
      ['infinity', null],
      ['300000-01-01', null],
    ])('takes the date %s to the first day of its quarter', async (written, expected) => {
      expect(await closing(written)).toBe(expected);
    });

    it('takes a time to the first moment of its month, in UTC', async () => {
      const id = await db.insert('crm.activity', {
        ...{ kind: 'note', subject: 's', done: false, due_at: '2026-03-01T00:30:00+02:00' },
      });
      expect((await view('activity', id)).due_at).toBe('2026-02-01T00:00:00+00:00');
    });

    it.each([
      ['1234.5678', 1000],
      ['999.9999', 0],
      ['1000', 1000],
      ['-0.0001', -1000],
      ['-9999999999999999.9999', -1e16],
      [null, null],
    ])(
      'takes the amount %s to the lower bound of its band and keeps the currency',
      async (revenue, bound) => {
        const currency = revenue === null ? null : 'EUR';
        expect(await account({ revenue, revenue_currency: currency })).toMatchObject({
          ...{ revenue: bound, revenue_currency: currency },
        });
      },
    );

    it.each([
      [149, 100],
      [50, 50],
      [-1, -50],
      [2_147_483_647, 2_147_483_600],
      [-2_147_483_648, -2_147_483_648],
      [null, null],
    ])('takes the number %d to %d', async (employees, bound) => {
      expect(await account({ employees })).toMatchObject({ employees: bound });
    });

    it.each([
      ['Utopia', 'Uto'],
      ['Uto', 'Ut'],
      ['U', ''],
      ['', ''],
      [null, null],
    ])('takes the text %s to %s, and never whole', async (country, expected) => {
      expect(await account({ country })).toMatchObject({ country: expected });
    });

    it('goes for custom fields too, in the form they have', async () => {
      const values = (custom: object) => ({ subject: 's', status: 'new', priority: 'low', custom });
      const id = await db.insert(
        'crm."case"',
        values({ zipCode: '90210', score: 7.25, since: '2024-05-06', login: 'ada' }),
      );
      const { custom } = await view('case', id);
      expect(custom).toEqual({
        ...{ zipCode: '90', score: 5, since: '2024-01-01' },
        login: expect.stringMatching(/^p_[0-9a-f]{32}$/) as unknown,
      });
      const empty = await db.insert('crm."case"', values({}));
      expect((await view('case', empty)).custom).toEqual({});
    });
  });

  it('fits the same column of a replica: stored and read again, the row text is the same', async () => {
    for (const type of ['account', 'contact', 'deal', 'activity', 'case']) {
      const { rows } = await db.connector.query<{ row: string }>(
        `SELECT row_to_json(v)::text AS row FROM cloud."${type}" v`,
      );
      expect(rows.length).toBeGreaterThan(0);
      const [catalogue] = await db.sql(
        `SELECT string_agg(quote_ident(c ->> 'name'), ', ' ORDER BY place) AS columns
         FROM replication.view_catalog, jsonb_array_elements(columns) WITH ORDINALITY x (c, place) WHERE type = $1`,
        [type],
      );
      for (const { row } of rows) {
        const [again] = await db.sql(
          `SELECT row_to_json(r)::text AS row FROM (SELECT ${String(catalogue?.columns)}
           FROM json_populate_record(NULL::crm."${type}", $1::json)) r`,
          [row],
        );
        expect(again?.row).toBe(row);
      }
    }
  });

  it('is told of to the connector, which tells the replica', async () => {
    const { rows } = await db.connector.query<{ treatments: { field: string; as: string }[] }>(
      `SELECT treatments FROM replication.view_catalog WHERE type = 'case'`,
    );
    expect(rows[0]?.treatments).toEqual([
      { field: 'custom.login', as: 'pseudonym' },
      { field: 'custom.score', as: 'generalise band 2.5' },
      { field: 'custom.since', as: 'generalise year' },
      { field: 'custom.zipCode', as: 'generalise prefix 2' },
    ]);
  });

  describe('as the connector’s account', () => {
    it('keeps its key from every way of reading it', async () => {
      const [stored] = await db.sql(
        `SELECT encode(inner_block, 'hex') AS inner, encode(outer_block, 'hex') AS outer FROM replication.pseudonym_key`,
      );
      for (const statement of [
        'SELECT inner_block FROM replication.pseudonym_key',
        'SELECT count(*) FROM replication.pseudonym_key',
        'SELECT ctid FROM replication.pseudonym_key',
        'UPDATE replication.pseudonym_key SET created_at = now()',
      ]) {
        await expect(db.connector.query(statement)).rejects.toMatchObject({ code: '42501' });
        await expect(db.app.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
      await db.sql('ANALYZE replication.pseudonym_key');
      const looks = [
        'SELECT definition FROM pg_views',
        'SELECT prosrc FROM pg_proc',
        'SELECT * FROM pg_stats',
        'SELECT ev_action FROM pg_rewrite',
        'EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM cloud.contact',
        `EXPLAIN (VERBOSE, GENERIC_PLAN FALSE) SELECT email FROM cloud.contact`,
      ];
      for (const look of looks) {
        const answer = await db.connector.query(look).catch((error: unknown) => error);
        const text = answer instanceof Error ? '' : JSON.stringify(answer).toLowerCase();
        expect(text).not.toContain(String(stored?.inner).slice(0, 32));
        expect(text).not.toContain(String(stored?.outer).slice(0, 32));
      }
    });

    it('is shown in clear to no function or operator that it pushes into the view', async () => {
      await db.insert('crm.contact', { last_name: 'Leak', email: 'clear@leak.example' });
      await db.insert('crm.account', { name: 'Leak', kind: 'customer', revenue: '7654.3210' });
      const client = await db.connector.connect();
      const seen: string[] = [];
      client.on('notice', (notice) => seen.push(String(notice.message)));
      const errors: string[] = [];
      const ask = async (sql: string) =>
        client.query(sql).catch((error: unknown) => errors.push(String(error)));
      try {
        await ask(`CREATE FUNCTION pg_temp.peek(x anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
          AS $$ BEGIN RAISE NOTICE '%', x; RETURN true; END $$`);
        for (const sql of [
          'SELECT 1 FROM cloud.contact WHERE pg_temp.peek(email)',
          'SELECT 1 FROM cloud.contact v WHERE pg_temp.peek(v::text)',
          'SELECT 1 FROM cloud.account WHERE pg_temp.peek(revenue)',
          'SELECT email::int FROM cloud.contact',
          'SELECT 1 FROM cloud.account WHERE 1 / (revenue - 7000) > 0',
        ])
          await ask(sql);
      } finally {
        client.release();
      }
      const all = [...seen, ...errors].join('\n');
      expect(seen.length).toBeGreaterThan(3);
      expect(errors.length).toBeGreaterThan(1);
      expect(all).toContain('p_');
      expect(all).not.toContain('clear@leak.example');
      expect(all).not.toContain('7654');
    });

    it('finds no function that turns a value of its own into a pseudonym', async () => {
      const { rows } = await db.connector.query<{ name: string }>(
        `SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'
           AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
           AND p.prokind = 'f' AND pg_get_functiondef(p.oid) ~* 'pseudonym|hmac'`,
      );
      expect(rows).toEqual([]);
    });
  });
});
