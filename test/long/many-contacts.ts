// Rows by the million, made by SQL, and how they compare afterwards.
import type pg from 'pg';
import { hmacBlocks } from '../../src/replication/format/index.js';
import { checksumSql, toRowSum, type ChecksumRow } from '../../src/replication/replica/row-checksum.js';
import type { ConnectorWorld } from '../integration/connector/connector-world.js';

/** A whole contact travels, so that a snapshot weighs what it does for a customer who selects all of it. */
export const CONTACTS_POLICY = `
defaults:
  classification: { special: omit, personal: omit, confidential: omit, internal: include, public: include }
types:
  account:
  contact:
    fields: { firstName: include, lastName: include, jobTitle: include, email: include, phone: include, description: include }
allow: { contact.email: a test of size, contact.phone: a test of size }
`;

const FILL_STEP = 100_000;
/** a UUIDv7 that rises with `i` */
const ID = `(lpad(to_hex(1735689600000 + i::bigint * 37), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' ||
  substr(md5(i::text), 4, 15))::uuid`;
const FILL = `
  INSERT INTO crm.contact (id, created_at, updated_at, version, first_name, last_name, job_title, email, phone,
    account_id, description)
  SELECT ${ID}, now(), now(), 1, (ARRAY['Ada','Grace','Alan','Edsger','Barbara'])[1 + i % 5],
    'Person ' || i, (ARRAY['Head of Purchasing','Engineer','Nurse','Controller'])[1 + i % 4],
    'person' || i || '@example' || i % 50 || '.com', '+49 30 ' || 1000000 + i, $3::uuid,
    CASE WHEN i % 3 = 0 THEN 'Met at the fair in hall ' || i % 17 || '; wants a call back.' END
  FROM generate_series($1::int, $2::int) i`;

/**
 * Adds contacts `from` to `to`. The indexes of the premises that only searches and lists need are dropped first: what is
 * measured here never reads them, and filling them takes longer than the test.
 */
export async function fillContacts(world: ConnectorWorld, from: number, to: number): Promise<void> {
  const account = await world.insert('crm.account', { name: 'All of them', kind: 'customer' });
  const indexes = await world.sql(
    `SELECT format('DROP INDEX %I.%I', schemaname, indexname) AS drop FROM pg_indexes
     WHERE schemaname = 'crm' AND tablename = 'contact' AND indexdef NOT LIKE 'CREATE UNIQUE%'`,
  );
  for (const { drop } of indexes) await world.sql(String(drop));
  for (let first = from; first <= to; first += FILL_STEP)
    await world.sql(FILL, [first, Math.min(to, first + FILL_STEP - 1), account]);
  await world.sql('ANALYZE crm.contact');
}

export interface TypeSum {
  count: number;
  checksum: string;
}

/**
 * Count and state checksum of contacts, computed by PostgreSQL from the stored rows alone.
 * @param from a table or view with the columns that travel
 */
export async function sumOfContacts(
  admin: pg.Pool,
  from: string,
  { columns, digestKey }: ContactForm,
): Promise<TypeSum> {
  const { inner, outer } = hmacBlocks(digestKey, 'contact');
  const rows = `SELECT ${columns} FROM ${from}`;
  const { rows: found } = await admin.query<ChecksumRow>(checksumSql(rows, '$1', '$2'), [inner, outer]);
  const { count, sum } = toRowSum(found[0]);
  return { count, checksum: sum.toString(16).padStart(64, '0') };
}

export interface ContactForm {
  /** as SQL, in the order in which they travel */
  columns: string;
  digestKey: Buffer;
}

export async function contactForm(world: ConnectorWorld): Promise<ContactForm> {
  const [row] = await world.sql(
    `SELECT g.digest_key AS key, (SELECT string_agg(format('%I', c ->> 'name'), ', ' ORDER BY place)
       FROM replication.view_catalog v, jsonb_array_elements(v.columns::jsonb) WITH ORDINALITY AS e (c, place)
       WHERE v.type = 'contact') AS columns
     FROM replication.generation g WHERE g.state = 'live'`,
  );
  if (row === undefined) throw new RangeError('no generation is in force');
  return { columns: String(row.columns), digestKey: row.key as Buffer };
}

/** What the newest manifest signs of contacts. @param at `<generation>.<n>` */
export async function signedContacts(world: ConnectorWorld, at: string): Promise<TypeSum> {
  const [generation = 0, n = 0] = at.split('.').map(Number);
  const { types } = await world.readManifest(generation, n);
  const { count = 0, checksum = '' } = types.find(({ type }) => type === 'contact') ?? {};
  return { count, checksum };
}
