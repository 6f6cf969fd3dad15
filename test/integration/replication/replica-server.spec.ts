import { Controller, Get, Module } from '@nestjs/common';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OMITTED_FIELDS, type OmittedFields } from '../../../src/records/index.js';
import { ReplicaModule } from '../../../src/replication/replica/index.js';
import '../../../src/crm/accounts/index.js';
import { startServer, type RunningServer } from '../platform/http-server.js';
import { waitFor } from '../../support/index.js';
import { openDatabases, openStage, tenant, type Databases, type Stage } from './premises.js';

@Controller('broken')
class BrokenController {
  @Get()
  fail(): never {
    throw new TypeError('broken on purpose');
  }
}

@Module({ imports: [ReplicaModule], controllers: [BrokenController] })
class Feature {}

let databases: Databases;
let stage: Stage;
let server: RunningServer;
beforeAll(async () => {
  databases = await openDatabases();
  stage = await openStage(databases);
  server = await startServer(Feature, {
    HOLDFAST_ROLE: 'replica',
    DATABASE_URL: stage.replica.urls.replicaApp,
    HOLDFAST_DATABASE_APPLY_URL: stage.replica.urls.replicaApply,
    BUCKET_URL: stage.bucket.url,
    HOLDFAST_TENANT_ID: tenant,
    HOLDFAST_REPLICA_NAME: 'london',
    HOLDFAST_REPLICA_POLL_MS: '50',
    HOLDFAST_KEYS_FOLDER: join(stage.folder, 'keys'),
  });
});
afterAll(async () => {
  await server.close();
  await stage.close();
  await databases.drop();
});

interface Status {
  n: number | null;
  asOf: string | null;
  stale: boolean;
  lastError: { code: string } | null;
}
const status = async () => (await (await fetch(`${server.url}/api/v1/cloud/status`)).json()) as Status;

describe('a replica server', () => {
  it('is not ready while it has nothing to show, and then says on every answer how old the state is', async () => {
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    const empty = await fetch(`${server.url}/api/v1/cloud/status`);
    expect(empty.headers.get('holdfast-as-of')).toBeNull();
    expect(await empty.json()).toMatchObject({
      role: 'replica',
      generation: null,
      n: null,
      asOf: null,
      lastError: null,
    });

    await stage.publisher.publish();
    await waitFor(async () => (await status()).n === 1);
    await waitFor(async () => (await fetch(`${server.url}/readyz`)).status === 200);
    for (const path of ['/api/v1/cloud/status', '/broken', '/nowhere']) {
      const answer = await fetch(server.url + path);
      const asOf = Date.parse(answer.headers.get('holdfast-as-of') ?? '');
      const lagMs = Number(answer.headers.get('holdfast-lag-ms') ?? Number.NaN);
      expect(Math.abs(Date.now() - lagMs - asOf)).toBeLessThan(5000);
    }
  });

  it('knows which fields the policy left out', () => {
    const omitted = server.app.get<OmittedFields>(OMITTED_FIELDS).of('account');
    expect(omitted.has('revenue')).toBe(true);
    expect(omitted.has('name')).toBe(false);
  });

  it('shows a refusal with its reason, stays ready, and goes on afterwards', async () => {
    stage.publisher.forge.line = (line) => line.replace('Eve', 'Mallory');
    await stage.primary.admin.query(`INSERT INTO crm."user" (id, created_at, updated_at, name, email, active)
      VALUES (gen_random_uuid(), now(), now(), 'Eve', 'eve@example.org', true)`);
    await stage.publisher.publish();
    await waitFor(async () => (await status()).lastError?.code === 'replica.state_differs');
    expect((await status()).n).toBe(1);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('holdfast_replica_refusing 1');

    stage.publisher.forge = {};
    stage.publisher.startGeneration();
    await stage.publisher.publish();
    await waitFor(async () => (await status()).lastError === null);
    expect(await status()).toMatchObject({ generation: 2, n: 1, stale: false });
  });
});
