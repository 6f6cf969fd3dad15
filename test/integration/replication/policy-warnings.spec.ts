// What a policy would do that is more often a slip than a wish: nobody proposes or approves it without having read so.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemContext } from '../../../src/platform/http/index.js';
import type { AccessPolicy } from '../../../src/records/index.js';
import { MaintainerDatabase, PolicyService } from '../../../src/replication/policy/index.js';
import { openPolicyDatabase, personContext, type PolicyDatabase } from './policy-database.js';

describe('a policy that takes most of what is there', () => {
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
  const where = (op: string) => `types: { account: { where: { field: sector, op: ${op} } } }`;
  const refusal = (code: string, cause: RegExp) => ({
    code: 'policy_needs_acknowledgement',
    message: expect.stringMatching(cause),
    extensions: {
      warnings: [
        { code, cause: expect.stringMatching(cause), effect: expect.any(String), action: expect.any(String) },
      ],
    },
  });

  beforeAll(async () => {
    db = await openPolicyDatabase();
    maintainer = new MaintainerDatabase({ maintainerUrl: db.database.urls.maintainer });
    policies = new PolicyService(db.app, maintainer, db.audit, access);
    for (const sector of ['retail', 'retail', 'retail', null])
      await db.insert('crm.account', { name: 'a', kind: 'customer', sector });
    await policies.bootstrap(systemContext('test'), 'version: 1\ntypes: { account: }\n', 'test');
  });
  afterAll(async () => {
    await maintainer.onApplicationShutdown();
    await db.close();
  });

  it('asks the proposer and the approver, each of them, where the replica would be empty', async () => {
    const yaml = 'version: 2\ntypes: {}\n';
    const refused = refusal('empties-replica', /selects no record at all; the one in force selects 4/);
    await expect(policies.propose(admin, yaml, 'r')).rejects.toMatchObject(refused);
    await expect(policies.propose(admin, yaml, 'r', ['removes-most'])).rejects.toMatchObject(refused);
    expect(await policies.history(admin)).toHaveLength(1);
    await policies.propose(admin, yaml, 'r', ['empties-replica']);
    await expect(policies.approve(admin, 2)).rejects.toMatchObject({ code: 'second_person_needed' });
    await expect(policies.approve(other, 2)).rejects.toMatchObject(refused);
    expect(await policies.active(admin)).toMatchObject({ version: 1 });
  });

  it('asks where more than half would leave, and not where a quarter does', async () => {
    const most = `version: 3\n${where('empty')}`;
    await expect(policies.propose(admin, most, 'r')).rejects.toMatchObject(
      refusal('removes-most', /3 of the 4 records .* more than 50 %/),
    );
    await policies.propose(admin, `version: 3\n${where('notEmpty')}`, 'r');
  });

  it('asks for what the brake holds when it is approved', async () => {
    await db.sql(`INSERT INTO replication.brake_hold (generation, token, threshold, deletes, samples, confirmation_ms)
      VALUES (1, 't', 5, '{"account": 12}', '{}', 1000)`);
    await expect(policies.approve(other, 3)).rejects.toMatchObject(
      refusal('lets-held-out', /holds back deletes that nobody has confirmed: account 12/),
    );
    await policies.approve(other, 3, ['lets-held-out']);
    expect(await policies.active(admin)).toMatchObject({ version: 3 });
  });

  it('asks too where nothing can be compared', async () => {
    const without = new PolicyService(
      db.app,
      new MaintainerDatabase({ maintainerUrl: null }),
      db.audit,
      access,
    );
    const yaml = `version: 4\n${where('notEmpty')}`;
    await expect(without.propose(admin, yaml, 'r')).rejects.toMatchObject(
      refusal('not-compared', /could not hold the policy against/),
    );
    await without.propose(admin, yaml, 'r', ['not-compared']);
  });
});
