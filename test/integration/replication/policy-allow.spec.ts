// Fields that go against their classification: proposed only with a reason, and policies in force before that work on.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemContext } from '../../../src/platform/http/index.js';
import type { AccessPolicy } from '../../../src/records/index.js';
import { MaintainerDatabase, PolicyService } from '../../../src/replication/policy/index.js';
import { openPolicyDatabase, personContext, type PolicyDatabase } from './policy-database.js';

const types = 'types:\n  contact:\n    fields:\n      email: include\n';
const allow = 'allow:\n  contact.email: "contract, ticket 1234"\n';

describe('a field that the policy lets out against its classification', () => {
  let db: PolicyDatabase;
  let maintainer: MaintainerDatabase;
  let policies: PolicyService;
  const admin = personContext(randomUUID());
  const other = personContext(randomUUID());
  const access: AccessPolicy = {
    can: () => 'all',
    predicate: () => 'TRUE',
    mayCreateFor: () => true,
    hiddenFields: () => new Set(),
    readOnlyFields: () => new Set(),
    hasFlag: () => true,
    isAdministrator: () => false,
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    maintainer = new MaintainerDatabase({ maintainerUrl: db.database.urls.maintainer });
    policies = new PolicyService(db.app, maintainer, db.audit, access);
    await db.insert('crm.contact', { last_name: 'x', email: 'x@example.org' });
    await policies.bootstrap(systemContext('test'), `version: 1\n${allow}${types}`, 'test');
    // as an earlier release left it, which asked for no reason
    await db.sql('UPDATE replication.policy SET yaml = $1', [`version: 1\n${types}`]);
  });
  afterAll(async () => {
    await maintainer.onApplicationShutdown();
    await db.close();
  });

  it('stays in force from an earlier release, counted and shown as before', async () => {
    const active = await policies.active(admin);
    expect(active).toMatchObject({ version: 1, allow: [] });
    expect(active?.types.find(({ type }) => type === 'contact')).toMatchObject({
      included: 1,
      fields: { included: expect.arrayContaining(['email']) },
    });
    const { rows } = await db.connector.query('SELECT email FROM cloud.contact');
    expect(rows).toEqual([{ email: 'x@example.org' }]);
  });

  it('is refused in the next version without a reason, with line and entry', async () => {
    const yaml = `version: 2\n${types}`;
    expect(await policies.check(admin, yaml)).toMatchObject({
      ok: false,
      errors: [{ line: 5, suggestion: 'allow: { contact.email: "why it may leave" }' }],
    });
    await expect(policies.propose(admin, yaml, 'again')).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('shows its reason in the preview, in the history and in force', async () => {
    const yaml = `version: 2\n${allow}${types}`;
    const reasons = [{ what: 'contact.email', reason: 'contract, ticket 1234' }];
    expect(await policies.preview(admin, yaml)).toMatchObject({ ok: true, allow: reasons });
    expect(await policies.propose(admin, yaml, 'with a reason')).toMatchObject({ allow: reasons });
    await policies.approve(other, 2);
    expect(await policies.active(admin)).toMatchObject({ version: 2, allow: reasons });
    expect((await policies.history(admin)).map((version) => version.allow)).toEqual([reasons, []]);
  });

  it('has to be proposed again where an earlier release took it and nobody has approved it', async () => {
    await policies.propose(admin, `version: 3\n${allow}${types}`, 'before an upgrade');
    await db.sql('UPDATE replication.policy SET yaml = $1 WHERE version = 3', [`version: 3\n${types}`]);
    await expect(policies.approve(other, 3)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await policies.active(admin)).toMatchObject({ version: 2 });
  });
});
