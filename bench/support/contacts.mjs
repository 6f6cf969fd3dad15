// Records to measure with: plain, and the same on every machine.

/** SQL: a UUIDv7 for row `i`, in the order of `i` */
const idOf = (i, salt) =>
  `(lpad(to_hex(1735689600000 + ${i}::bigint * 37), 12, '0') || '7' || substr(md5('${salt}' || ${i}), 1, 3) ||
    '8' || substr(md5(${i} || '${salt}'), 1, 15))::uuid`;
const timeOf = (i) => `timestamptz '2025-01-01 00:00:00Z' + ${i} * interval '37 milliseconds'`;

/** Fills accounts (one per hundred contacts) and contacts. Before a policy is in force no trigger runs. */
export async function fillContacts(pool, rows) {
  const accounts = Math.max(1, Math.ceil(rows / 100));
  await pool.query(
    `INSERT INTO crm.account (id, created_at, updated_at, version, name, kind)
     SELECT ${idOf('i', 'account')}, ${timeOf('i')}, ${timeOf('i')}, 1, 'Account ' || i, 'company' FROM generate_series(1, ${accounts}) i`,
  );
  const step = 100_000;
  for (let from = 1; from <= rows; from += step)
    await pool.query(contactsSql(from, Math.min(rows, from + step - 1), accounts));
  await pool.query('VACUUM (ANALYZE) crm.contact, crm.account');
}

function contactsSql(from, to, accounts) {
  return `INSERT INTO crm.contact (id, created_at, updated_at, version, first_name, last_name, job_title, email, phone,
      account_id, description)
    SELECT ${idOf('i', 'contact')}, ${timeOf('i')}, ${timeOf('i')}, 1 + i % 7,
      (ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Frances','Tony'])[1 + i % 8],
      initcap(substr(translate(md5('last' || i), '0123456789', 'ghijklmnop'), 1, 9)),
      (ARRAY['Head of Purchasing','Engineer','Nurse','Controller'])[1 + i % 4],
      'person' || i || '@example' || i % 50 || '.com', '+49 30 ' || 1000000 + i,
      ${idOf(`(1 + i % ${accounts})`, 'account')},
      CASE WHEN i % 3 = 0 THEN 'Met at the fair in hall ' || i % 17 || '; wants a call back.' END
    FROM generate_series(${from}, ${to}) i`;
}

/** Everything that a contact has goes to the replica, so that snapshot and replica carry a whole record. */
export const contactPolicy = `version: 1
defaults:
  classification: { special: omit, personal: omit, confidential: omit, internal: include, public: include }
types:
  account:
  contact:
    fields: { firstName: include, lastName: include, jobTitle: include, email: include, phone: include, mobile: include, description: include }
allow: { contact.email: a benchmark, contact.phone: a benchmark, contact.mobile: a benchmark }
`;
