import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePolicy } from '../../../src/replication/policy/document/parse-policy.js';
import { readPolicySchema } from '../../../src/replication/policy/activation/policy.store.js';
import { previewPolicy } from '../../../src/replication/policy/preview/preview-policy.js';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const inForce = `
types:
  account:
    where: { field: sector, op: neq, value: medical }
    fields: { phone: { mask: last4 } }
    attachments: { label: shareable }
  contact: { follows: account }
`;
const proposed = `version: 2
types:
  account:
    where: { field: sector, op: in, value: [retail, medical] }
    fields: { phone: { pseudonym: keyed }, country: omit, employees: { generalise: { band: 10 } } }
    attachments: { maxSize: 500 }
  deal: { follows: account }
`;

describe('the preview of a policy', () => {
  let db: PolicyDatabase;
  const ids: Record<string, string[]> = {};
  const preview = async (yaml: string, showsTitles = true) => {
    const parsed = parsePolicy(yaml, await readPolicySchema(db.app));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
    return previewPolicy(db.maintainer, parsed.policy, () => showsTitles);
  };
  const attach = async (record: string | undefined, bytes: number, label: string | null) => {
    const blob = randomUUID();
    await db.sql(
      `INSERT INTO files.blob (id, sha256, bytes, store_name, wrapped_key, key_id) VALUES ($1, $2, 1, $3, '\\x00', 'k')`,
      [blob, randomBytes(32), randomBytes(32).toString('hex')],
    );
    await db.insert('crm.attachment', {
      ...{ record_type: 'account', record_id: record, name: 'n', media_type: 'text/plain', bytes, label },
      blob_id: blob,
    });
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    const accounts = async (name: string, sector: string | null, count: number) => {
      ids[name] = [];
      for (let i = 0; i < count; i += 1)
        ids[name].push(
          await db.insert('crm.account', { name: `${name} ${String(i)}`, kind: 'customer', sector }),
        );
    };
    await accounts('shop', 'retail', 3);
    await accounts('clinic', 'medical', 7);
    await accounts('plain', null, 2);
    await db.insert('crm.contact', { first_name: 'Ada', last_name: 'L', account_id: ids.shop?.[0] });
    await attach(ids.shop?.[0], 100, null);
    await attach(ids.shop?.[0], 1000, 'shareable');
    await attach(ids.plain?.[0], 10, 'shareable');
    await attach(ids.shop?.[1], 200, 'shareable');
  });
  afterAll(() => db.close());

  it('holds a first policy against nothing', async () => {
    const { against, types } = await preview(proposed);
    expect(against).toBeNull();
    expect(types.find(({ type }) => type === 'account')).toMatchObject({
      ...{ now: 0, then: 10, enters: { count: 10 }, leaves: { count: 0, samples: [] } },
      attachments: { now: { count: 0, bytes: 0 }, enters: { count: 2, bytes: 300 } },
    });
  });

  describe('against the one in force', () => {
    beforeAll(() => db.activate(inForce));

    it('counts what enters and leaves, with a few of them by name', async () => {
      const { against, types } = await preview(proposed);
      expect(against).toBe(1);
      const account = types.find(({ type }) => type === 'account');
      expect(account).toMatchObject({ now: 5, then: 10, enters: { count: 7 }, leaves: { count: 2 } });
      expect(account?.enters.samples).toHaveLength(5);
      for (const { id, title } of account?.enters.samples ?? []) {
        expect(ids.clinic).toContain(id);
        expect(title).toMatch(/^clinic \d$/);
      }
      expect(account?.leaves.samples.map(({ title }) => title).sort()).toEqual(['plain 0', 'plain 1']);
      const contact = types.find(({ type }) => type === 'contact');
      expect(contact).toMatchObject({ now: 1, then: 0, leaves: { count: 1, samples: [{ title: 'Ada L' }] } });
      expect(types.find(({ type }) => type === 'deal')).toMatchObject({ now: 0, then: 0 });
    });

    it('tells fields that enter, leave or take another form', async () => {
      const { types } = await preview(proposed);
      const fields = (name: string) => types.find(({ type }) => type === name)?.fields;
      expect(fields('account')).toEqual({
        enter: ['employees'],
        leave: ['country'],
        changed: [{ field: 'phone', now: 'mask last4', then: 'pseudonym' }],
      });
      expect(fields('deal')?.enter).toContain('name');
      expect(fields('contact')?.leave).toContain('lastName');
      expect(fields('product')).toEqual({ enter: [], leave: [], changed: [] });
    });

    it('tells how many files and bytes', async () => {
      const { types } = await preview(proposed);
      expect(types.find(({ type }) => type === 'account')?.attachments).toEqual({
        now: { count: 3, bytes: 1210 },
        then: { count: 2, bytes: 300 },
        enters: { count: 1, bytes: 100 },
        leaves: { count: 2, bytes: 1010 },
      });
    });

    it('changes nothing where the policy is the same, and leaves nothing behind', async () => {
      const views = () => db.sql(`SELECT relname FROM pg_class WHERE relkind IN ('v', 'r', 't') ORDER BY 1`);
      const before = await views();
      const { types } = await preview(`version: 2\n${inForce}`);
      for (const { enters, leaves, fields, now, then } of types) {
        expect([enters.count, leaves.count, now - then]).toEqual([0, 0, 0]);
        expect(fields).toEqual({ enter: [], leave: [], changed: [] });
      }
      expect(await views()).toEqual(before);
    });

    it('names no record to somebody who may not read the type', async () => {
      const { types } = await preview(proposed, false);
      const account = types.find(({ type }) => type === 'account');
      expect(account?.enters.samples.map(({ title }) => title)).toEqual([null, null, null, null, null]);
    });
  });

  it('takes seconds for a hundred thousand records', async () => {
    await db.sql(`SET session_replication_role = replica;
      INSERT INTO crm.account (id, created_at, updated_at, name, kind, sector)
      SELECT gen_random_uuid(), now(), now(), 'a' || i, 'customer', CASE i % 3 WHEN 0 THEN 'medical' WHEN 1 THEN 'retail' END
      FROM generate_series(1, 20000) i;
      INSERT INTO crm.contact (id, created_at, updated_at, last_name, account_id)
      SELECT gen_random_uuid(), now(), now(), 'c', a.id FROM crm.account a, generate_series(1, 4);
      ANALYZE crm.account, crm.contact; SET session_replication_role = origin`);
    const startedAt = Date.now();
    const { types } = await preview(`${proposed}  contact: { follows: account }\n`);
    expect(types.find(({ type }) => type === 'contact')?.enters.count).toBeGreaterThan(20_000);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });
});
