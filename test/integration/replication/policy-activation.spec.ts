import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemContext } from '../../../src/platform/http/index.js';
import { activatePolicy, bootstrapPolicy, proposePolicy } from '../../../src/replication/policy/index.js';
import { waitFor } from '../../support/index.js';
import { openPolicyDatabase, personContext, type PolicyDatabase } from './policy-database.js';

describe('putting a policy into force', () => {
  let db: PolicyDatabase;
  const proposer = personContext(randomUUID());
  const approver = personContext(randomUUID());
  const columns = async (type: string) => {
    const [row] = await db.sql('SELECT columns FROM replication.view_catalog WHERE type = $1', [type]);
    return ((row?.columns ?? []) as { name: string }[]).map(({ name }) => name);
  };
  const states = () => db.sql('SELECT version, state FROM replication.policy ORDER BY version');
  const captured = async () => {
    const rows = await db.sql(
      `SELECT DISTINCT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname LIKE 'holdfast_capture_%' ORDER BY 1`,
    );
    return rows.map(({ name }) => name);
  };

  beforeEach(async () => {
    db = await openPolicyDatabase();
    await db.activate('types: { account: , product: }');
  });
  afterEach(() => db.close());

  it('takes two people', async () => {
    await proposePolicy(db.app, db.audit, proposer, 'version: 2\ntypes: { account: }', 'less');
    await expect(activatePolicy(db.maintainer, db.audit, proposer, 2)).rejects.toMatchObject({
      code: 'second_person_needed',
    });
    await expect(activatePolicy(db.maintainer, db.audit, systemContext('test'), 2)).rejects.toMatchObject({
      code: 'second_person_needed',
    });
    expect(await states()).toEqual([
      { version: 1, state: 'active' },
      { version: 2, state: 'proposed' },
    ]);
    await activatePolicy(db.maintainer, db.audit, approver, 2);
    expect(await states()).toEqual([
      { version: 1, state: 'superseded' },
      { version: 2, state: 'active' },
    ]);
  });

  it('cannot be done by one person even in SQL, nor by the server at all', async () => {
    await proposePolicy(db.app, db.audit, proposer, 'version: 2\ntypes: { account: }', 'less');
    const update = `UPDATE replication.policy SET state = 'active', approved_by = proposed_by WHERE version = 2`;
    await db.sql(`UPDATE replication.policy SET state = 'superseded' WHERE version = 1`);
    await expect(db.maintainer.query(update)).rejects.toMatchObject({ code: '23514' });
    await expect(db.app.query(update)).rejects.toMatchObject({ code: '42501' });
    await expect(
      db.app.query(
        `INSERT INTO replication.policy (version, yaml, hash, state, reason) VALUES (3, '', '', 'active', '')`,
      ),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('replaces views, triggers and catalogue as one', async () => {
    expect(await columns('product')).toContain('name');
    expect(await captured()).toContain('crm.product');
    await db.activate(
      'types: { account: { fields: { name: omit } }, deal: { where: { field: account.name, op: eq, value: x } } }',
    );
    expect(await columns('account')).not.toContain('name');
    expect(await columns('product')).toEqual([]);
    expect(await captured()).not.toContain('crm.product');
    expect(await captured()).toEqual(expect.arrayContaining(['crm.account', 'crm.deal', 'crm."user"']));
    await expect(db.connector.query('SELECT 1 FROM cloud.product')).rejects.toMatchObject({ code: '42P01' });
  });

  it('waits for a connector that is locking the views, and never the two for each other', async () => {
    const [first, ...others] = (
      await db.sql('SELECT type FROM replication.view_catalog ORDER BY position')
    ).map(({ type }) => `cloud."${String(type)}"`);
    const reader = await db.connector.connect();
    await reader.query(`BEGIN; LOCK TABLE ${String(first)} IN ACCESS SHARE MODE`);
    const activation = db.activate('types: { account: }');
    const isWaiting = () =>
      db.sql(`SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'`);
    await waitFor(async () => (await isWaiting()).length > 0);
    await reader.query(`LOCK TABLE ${others.join(', ')} IN ACCESS SHARE MODE; COMMIT`);
    reader.release();
    await activation;
    expect(await states()).toContainEqual({ version: 2, state: 'active' });
  });

  it('changes nothing when any step of it fails', async () => {
    await db.sql('CREATE TABLE crm.stray (id uuid PRIMARY KEY)');
    await db.sql(
      'ALTER TABLE crm.stray OWNER TO holdfast_owner; GRANT SELECT ON crm.stray TO holdfast_maintainer',
    );
    await proposePolicy(db.app, db.audit, proposer, 'version: 2\ntypes: { deal: }', 'more');
    await db.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON audit.leaf FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await expect(activatePolicy(db.maintainer, db.audit, approver, 2)).rejects.toThrow('no');
    expect(await states()).toContainEqual({ version: 1, state: 'active' });
    expect(await columns('account')).toContain('name');
    await db.connector.query('SELECT 1 FROM cloud.account');
  });

  it('refuses a view over a table whose changes nobody would log', async () => {
    await db.sql(
      'CREATE TABLE crm.stray (id uuid PRIMARY KEY); GRANT SELECT ON crm.stray TO holdfast_maintainer',
    );
    await db.maintainer.query('CREATE VIEW cloud.stray AS SELECT id FROM crm.stray');
    await expect(db.maintainer.query('SELECT replication.sync_capture()')).rejects.toMatchObject({
      code: 'HF001',
    });
  });

  it('takes a first policy without a second person only once, and keeps the reason', async () => {
    await expect(
      bootstrapPolicy(db.maintainer, db.audit, systemContext('test'), 'version: 2\ntypes: {}', 'again'),
    ).rejects.toMatchObject({ code: 'policy_already_installed' });
    expect(await db.sql('SELECT bootstrap, reason FROM replication.policy')).toEqual([
      { bootstrap: true, reason: 'first policy of a test' },
    ]);
  });

  it('refuses a number that is taken and a document that is wrong', async () => {
    const propose = (yaml: string) => proposePolicy(db.app, db.audit, proposer, yaml, 'r');
    await expect(propose('version: 1\ntypes: {}')).rejects.toMatchObject({ code: 'policy_version_taken' });
    await expect(propose('version: 2\ntypes: { acount: }')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await states()).toHaveLength(1);
  });

  it('takes the example that is shipped as it stands', async () => {
    const example = await readFile('config/cloud-policy.example.yaml', 'utf8');
    await db.activate(example.replace(/^version: 1$/m, ''));
    expect(await columns('account')).toEqual(expect.arrayContaining(['sector', 'phone']));
  });

  it('leaves an audit entry for each step', async () => {
    await db.activate('types: { account: }');
    const rows = await db.sql(`SELECT action FROM audit.leaf WHERE type = 'cloudPolicy' ORDER BY at, id`);
    expect(rows.map(({ action }) => action)).toEqual([
      'policy-installed',
      'policy-proposed',
      'policy-approved',
    ]);
  });
});
