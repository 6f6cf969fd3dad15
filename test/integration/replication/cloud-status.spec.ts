import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemContext } from '../../../src/platform/http/index.js';
import type { AccessPolicy } from '../../../src/records/index.js';
import { CloudControlService, CloudStatusService } from '../../../src/replication/cloud/index.js';
import { MaintainerDatabase, PolicyService } from '../../../src/replication/policy/index.js';
import { openPolicyDatabase, personContext, type PolicyDatabase } from './policy-database.js';

describe('what people see of the cloud on the premises', () => {
  let db: PolicyDatabase;
  let maintainer: MaintainerDatabase;
  let policies: PolicyService;
  let statuses: CloudStatusService;
  const admin = personContext(randomUUID());
  const other = personContext(randomUUID());
  const clerk = personContext(randomUUID());
  const access: AccessPolicy = {
    can: () => 'all',
    predicate: () => 'TRUE',
    mayCreateFor: () => true,
    hiddenFields: () => new Set(),
    readOnlyFields: () => new Set(),
    hasFlag: (ctx, flag) => flag === 'manageCloud' && ctx !== clerk,
    isAdministrator: () => false,
  };

  beforeAll(async () => {
    db = await openPolicyDatabase();
    maintainer = new MaintainerDatabase({ maintainerUrl: db.database.urls.maintainer });
    policies = new PolicyService(db.app, maintainer, db.audit, access);
    statuses = new CloudStatusService(db.app, policies, access);
    const retail = await db.insert('crm.account', { name: 'a', kind: 'customer', sector: 'retail' });
    await db.insert('crm.account', { name: 'b', kind: 'customer', sector: 'medical' });
    await db.insert('crm.account', { name: 'c', kind: 'customer', deleted_at: new Date() });
    await db.insert('crm.contact', { last_name: 'x', account_id: retail });
    await db.insert('crm.contact', { last_name: 'y' });
  });
  afterAll(async () => {
    await maintainer.onApplicationShutdown();
    await db.close();
  });

  it('is whether somebody holds the connector, with who did so and why', async () => {
    const control = new CloudControlService(db.app, db.audit, access);
    await expect(control.setPaused(clerk, true)).rejects.toMatchObject({ code: 'not_allowed' });
    const entries = () =>
      db.sql(`SELECT action, actor_id, reason FROM audit.leaf WHERE type = 'connector' ORDER BY at, id`);
    expect(await entries()).toEqual([]);
    // asked twice, it is one change
    await control.setPaused(admin, true, 'an auditor looks at the bucket');
    await control.setPaused(other, true, 'again');
    expect((await statuses.status(clerk)).paused).toBe(true);
    await control.setPaused(other, false);
    expect((await statuses.status(clerk)).paused).toBe(false);
    expect(await entries()).toEqual([
      { action: 'pause', actor_id: admin.principal.userId, reason: 'an auditor looks at the bucket' },
      { action: 'resume', actor_id: other.principal.userId, reason: null },
    ]);
  });

  it('is that nothing leaves before there is a policy', async () => {
    expect(await statuses.status(admin)).toMatchObject({
      enabled: false,
      policy: null,
      types: [],
      replicas: [],
    });
    expect(await policies.active(admin)).toBeNull();
  });

  it('is in numbers what goes and what stays home', async () => {
    const yaml = await readFile('config/cloud-policy.example.yaml', 'utf8');
    await policies.bootstrap(systemContext('test'), yaml, 'test');
    const active = await policies.active(admin);
    expect(active?.types.find(({ type }) => type === 'account')).toMatchObject({ included: 1, withheld: 1 });
    expect(active?.types.find(({ type }) => type === 'contact')).toMatchObject({
      included: 1,
      withheld: 1,
      fields: { pseudonymised: ['email'], omitted: ['externalId', 'phone', 'mobile'] },
    });
    await db.sql(`INSERT INTO replication.generation (id, policy_version, policy_hash, state, digest_key, snapshot_nonce,
      system_identifier, timeline, reason) VALUES (1, 1, '', 'live', decode(repeat('00', 32), 'hex'), '', '', 1, '')`);
    await db.sql(`INSERT INTO replication.batch (generation, n, kind, state, snapshot, digest, nonce, lease_epoch,
      policy_version, as_of, previous_catalog, parts, types, published_at)
      VALUES (1, 1, 'snapshot', 'published', '1:1:', '', '', 1, 1, now(), '{}', '[]',
        '[{"type":"account","count":1}]', now() - interval '5 s')`);
    await db.sql(`UPDATE replication.connector_status SET generation = 1, n = 1, backlog = 3, as_of = now() - interval '2 s',
      last_error = '{"code":"bucket-unreachable","message":"http://10.0.0.1","at":"2026-01-01T00:00:00Z"}'`);
    await db.sql(
      `INSERT INTO replication.replica_ack (replica, generation, n, applied_at) VALUES ('r1', 1, 0, now())`,
    );
    const status = await statuses.status(admin);
    expect(status).toMatchObject({
      enabled: true,
      generation: 1,
      n: 1,
      backlog: 3,
      paused: false,
      policy: { version: 1 },
      lastError: { code: 'bucket-unreachable', message: 'http://10.0.0.1' },
    });
    expect(status.types).toContainEqual({ type: 'account', published: 1, withheld: 1 });
    expect(status.lagMs).toBeGreaterThanOrEqual(2000);
    expect(status.replicas).toEqual([expect.objectContaining({ name: 'r1', n: 0 })]);
    expect(status.replicas[0]?.lagMs).toBeGreaterThanOrEqual(5000);
  });

  it('is who has kept a transaction open for minutes, for those who can do something about it', async () => {
    const open = [
      {
        ...{ kind: 'session', xid: '7', pid: 4711, role: 'reports', application: 'night import' },
        since: '2026-01-01T00:00:00+00:00',
      },
      { kind: 'prepared', xid: '8', gid: 'transfer-1', role: 'bank', since: '2026-01-01T01:00:00+00:00' },
    ];
    const short = { kind: 'session', xid: '9', pid: 1, role: 'x', since: new Date().toISOString() };
    await db.sql('UPDATE replication.connector_status SET open_transactions = $1, seen_at = now()', [
      JSON.stringify([...open, short]),
    ]);
    const none = { pid: null, gid: null, role: null, application: null };
    expect((await statuses.status(admin)).openTransactions).toEqual([
      {
        ...{ kind: 'session', since: '2026-01-01T00:00:00.000Z' },
        ...{ ...none, pid: 4711, role: 'reports', application: 'night import' },
      },
      { kind: 'prepared', since: '2026-01-01T01:00:00.000Z', ...none, gid: 'transfer-1', role: 'bank' },
    ]);
    expect((await statuses.status(clerk)).openTransactions).toEqual([
      { kind: 'session', since: '2026-01-01T00:00:00.000Z', ...none },
      { kind: 'prepared', since: '2026-01-01T01:00:00.000Z', ...none },
    ]);
    // a connector that has stopped does not know whether they have ended
    await db.sql(`UPDATE replication.connector_status SET seen_at = now() - interval '2 minutes'`);
    expect((await statuses.status(admin)).openTransactions).toEqual([]);
  });

  it('does not tell a clerk where the bucket is, and shows the policy only to those who manage the cloud', async () => {
    expect((await statuses.status(clerk)).lastError).toMatchObject({ message: '' });
    for (const refused of [
      policies.active(clerk),
      policies.history(clerk),
      policies.check(clerk, ''),
      policies.propose(clerk, '', 'x'),
      policies.approve(clerk, 1),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'not_allowed' });
  });

  it('is checked, proposed and approved', async () => {
    const wrong = await policies.check(admin, 'version: 2\ntypes: { acount: }');
    expect(wrong).toMatchObject({ ok: false, errors: [{ line: 2, suggestion: 'account' }], counts: [] });
    const yaml = 'version: 2\ntypes: { account: }';
    expect((await policies.check(admin, yaml)).counts).toContainEqual(
      expect.objectContaining({ type: 'account', included: 2, withheld: 0 }),
    );
    await policies.propose(admin, yaml, 'all accounts');
    await expect(policies.approve(admin, 2)).rejects.toMatchObject({ code: 'second_person_needed' });
    await expect(policies.approve(other, 99_999_999_999)).rejects.toMatchObject({ code: 'not_found' });
    expect(await policies.approve(other, 2)).toMatchObject({ state: 'active', approvedBy: { name: null } });
    expect((await policies.history(admin)).map(({ version, state }) => [version, state])).toEqual([
      [2, 'active'],
      [1, 'superseded'],
    ]);
  });
});
