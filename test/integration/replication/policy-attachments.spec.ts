import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPolicyDatabase, type PolicyDatabase } from './policy-database.js';

const policy = `
types:
  account:
    where: { field: sector, op: neq, value: medical }
    attachments: { maxSize: 20MB, types: [application/pdf, image/*], label: [shareable, public] }
  contact: { follows: account, attachments: {} }
  deal: { follows: account }
`;

describe('the files that a policy selects', () => {
  let db: PolicyDatabase;
  let account: string;
  let medical: string;

  const blob = async (): Promise<string> => {
    const id = randomUUID();
    await db.sql(
      `INSERT INTO files.blob (id, sha256, bytes, store_name, wrapped_key, key_id) VALUES ($1, $2, 1, $3, '\\x00', 'k')`,
      [id, randomBytes(32), randomBytes(32).toString('hex')],
    );
    return id;
  };
  const attach = async (type: string, record: string, more: Record<string, unknown> = {}) =>
    db.insert('crm.attachment', {
      ...{ record_type: type, record_id: record, name: 'offer.pdf', media_type: 'application/pdf' },
      ...{ bytes: 1000, label: 'shareable', blob_id: await blob() },
      ...more,
    });
  const shown = async (...ids: string[]) => {
    const { rows } = await db.connector.query<{ id: string }>(
      'SELECT id FROM cloud.attachment WHERE id = ANY ($1)',
      [ids],
    );
    return rows.map(({ id }) => id).sort();
  };
  const dependents = async (type: string, ...ids: string[]) => {
    const { rows } = await db.connector.query<{ type: string; id: string }>(
      `SELECT DISTINCT type, id FROM cloud.dependents_${type}($1) WHERE type = 'attachment'`,
      [ids],
    );
    return rows.map(({ id }) => id).sort();
  };
  const blobOf = async (id: string) =>
    String((await db.sql('SELECT blob_id FROM crm.attachment WHERE id = $1', [id]))[0]?.blob_id);

  beforeAll(async () => {
    db = await openPolicyDatabase();
    await db.activate(policy);
    account = await db.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
    medical = await db.insert('crm.account', { name: 'Clinic', kind: 'customer', sector: 'medical' });
  });
  afterAll(() => db.close());

  it('are those that size, type and label let through', async () => {
    const good = [
      await attach('account', account, { bytes: 20_000_000 }),
      await attach('account', account, { media_type: 'image/png', label: 'public' }),
      await attach('account', account, { media_type: 'Image/JPEG' }),
    ];
    const bad = [
      await attach('account', account, { bytes: 20_000_001 }),
      await attach('account', account, { media_type: 'text/html' }),
      await attach('account', account, { media_type: 'imageX/png' }),
      await attach('account', account, { label: 'internal' }),
      await attach('account', account, { label: null }),
      await attach('account', account, { label: 'Shareable' }),
      await attach('account', account, { deleted_at: new Date() }),
    ];
    expect(await shown(...good, ...bad)).toEqual([...good].sort());
  });

  it('hang on a selected record of a type that has a rule', async () => {
    const deal = await db.insert('crm.deal', {
      ...{ name: 'd', stage: 's', status: 'open', account_id: account },
      pipeline_id: await db.insert('crm.pipeline', { name: 'p', key: 'p', position: 0, is_default: true }),
    });
    const [ofMedical, ofDeal, ofNothing] = [
      await attach('account', medical),
      await attach('deal', deal),
      await attach('account', randomUUID()),
    ];
    expect(await shown(ofMedical, ofDeal, ofNothing)).toEqual([]);
  });

  it('go without the id of their content, in the columns of the contract', async () => {
    const id = await attach('account', account);
    const { rows } = await db.connector.query('SELECT * FROM cloud.attachment WHERE id = $1', [id]);
    expect(Object.keys(rows[0] as object)).toEqual(
      (
        'id created_at created_by updated_at updated_by owner_id version record_type record_id name media_type ' +
        'bytes label object_name object_bytes object_sha256 object_state'
      ).split(' '),
    );
    await expect(db.connector.query('SELECT blob_id FROM cloud.attachment')).rejects.toMatchObject({
      code: '42703',
    });
    for (const table of ['crm.attachment', 'files.blob', 'cloud.selected_blob', 'replication.selected_blobs'])
      await expect(db.connector.query(`SELECT 1 FROM ${table}`)).rejects.toMatchObject({ code: '42501' });
  });

  it('are pending until their object is there', async () => {
    const id = await attach('account', account);
    const state = async () =>
      (await db.connector.query('SELECT object_state, object_name FROM cloud.attachment WHERE id = $1', [id]))
        .rows[0] as object;
    expect(await state()).toEqual({ object_state: 'pending', object_name: null });
    await db.sql(`INSERT INTO replication.blob_object (blob_id, state) VALUES ($1, 'uploading')`, [
      await blobOf(id),
    ]);
    expect(await state()).toEqual({ object_state: 'pending', object_name: null });
    await db.sql(
      `UPDATE replication.blob_object SET state = 'available', object_name = 'b/1/x', object_bytes = 2, object_sha256 = 'aa'
       WHERE blob_id = $1`,
      [await blobOf(id)],
    );
    expect(await state()).toEqual({ object_state: 'available', object_name: 'b/1/x' });
  });

  it('leave and enter with their record, over every step', async () => {
    const parent = await db.insert('crm.account', { name: 'p', kind: 'customer', sector: 'retail' });
    const contact = await db.insert('crm.contact', { last_name: 'c', account_id: parent });
    const files = [await attach('account', parent), await attach('contact', contact)].sort();
    expect(await dependents('account', parent)).toEqual(files);
    for (const id of files)
      await db.sql(
        `INSERT INTO replication.ledger (type, id, digest) VALUES ('attachment', $1, decode(repeat('00', 32), 'hex'))`,
        [id],
      );
    await db.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [parent]);
    expect(await shown(...files)).toEqual([]);
    expect(await dependents('account', parent)).toEqual(files);
  });

  it('are told to the server, and only the ids of those selected', async () => {
    const [yes, no] = [await attach('account', account), await attach('account', medical)];
    const [yesBlob, noBlob] = [await blobOf(yes), await blobOf(no)];
    const all = await db.app.query<{ blob_id: string }[]>('SELECT blob_id FROM replication.selected_blobs');
    expect(all.map((row) => row.blob_id)).toContain(yesBlob);
    expect(all.map((row) => row.blob_id)).not.toContain(noBlob);
    expect(await db.app.query('SELECT replication.selected_among($1) AS id', [[yesBlob, noBlob]])).toEqual([
      { id: yesBlob },
    ]);
  });

  it('are none, with nothing to read them by, where a policy has no rule', async () => {
    await db.activate('types: { account: }');
    expect(await db.app.query('SELECT blob_id FROM replication.selected_blobs')).toEqual([]);
    await expect(db.connector.query('SELECT 1 FROM cloud.attachment')).rejects.toMatchObject({
      code: '42P01',
    });
    const triggers = await db.sql(
      `SELECT 1 FROM pg_trigger WHERE tgname LIKE 'holdfast_capture%'
       AND tgrelid IN ('crm.attachment'::regclass, 'replication.blob_object'::regclass)`,
    );
    expect(triggers).toEqual([]);
  });
});
