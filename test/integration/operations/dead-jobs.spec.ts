// Background work that failed for good must be seen and mended by people, not found in a log by chance.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTokens, UserAccess } from '../../../src/access/index.js';
import { loadConfig, type AppConfig } from '../../../src/platform/config/index.js';
import { createHttpApp, listen, systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  defineJob,
  JobHandler,
  JobQueue,
  QueueModule,
  type RunningJob,
} from '../../../src/platform/queue/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import { purgeGenerations } from '../../../src/replication/jobs/index.js';
import { PrimaryModule } from '../../../src/primary.module.js';
import {
  createEmptyDatabase,
  createPrimaryDatabase,
  makeTempFolder,
  TestApi,
  waitFor,
  type ListAnswer,
  type TestDatabase,
} from '../../support/index.js';

const probe = defineJob<{ probeId: string }>('probe.run', { attempts: 2, backoffMs: 50 });
const runs: string[] = [];
let isMended = false;

@Injectable()
@JobHandler(probe)
class ProbeWorker {
  handle({ data }: RunningJob<{ probeId: string }>): Promise<void> {
    runs.push(data.probeId);
    return isMended ? Promise.resolve() : Promise.reject(new Error('the probe is broken'));
  }
}

@Module({})
class ServerWithProbe {}

/** What a connector's process has of it: the same queue, another process's handlers. */
@Injectable()
@JobHandler(purgeGenerations)
class BrokenPurge {
  handle(): Promise<void> {
    return Promise.reject(new Error('the bucket refuses'));
  }
}

@Module({})
class Connector {}

interface Dead {
  id: string;
  attempts: number;
  reason: string;
  requestId: string;
}

let app: NestFastifyApplication;
let admin: TestApi;
let seller: TestApi;
let databases: TestDatabase[];
let loaded: AppConfig;
const setUp = systemContext('dead jobs test');

async function tokenFor(role: string): Promise<string> {
  const person = {
    email: `${role}@example.com`,
    name: role,
    password: `quiet harbour ${role}`,
    roles: [role],
  };
  const { id } = await app.get(UserAccess).createUser(setUp, person);
  const scopes = ['read', 'write', 'admin'] as const;
  return (await app.get(ApiTokens).create(setUp, { userId: id, name: 'test', scopes })).token;
}

beforeAll(async () => {
  databases = await Promise.all([createPrimaryDatabase(), createEmptyDatabase('holdfast_queue')]);
  const [primary, queue] = databases;
  const folder = await makeTempFolder('dead-jobs');
  const file = join(folder, 'primary.json');
  const config = {
    http: { port: 0 },
    database: { url: primary?.urls.app },
    queue: { databaseUrl: queue?.urls.queue },
    keys: { folder: join(folder, 'keys') },
    files: { folder: join(folder, 'files') },
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  loaded = loadConfig({ file, env: {} });
  const feature: DynamicModule = {
    module: ServerWithProbe,
    imports: [PrimaryModule.forConfig(loaded), QueueModule.forFeature(probe)],
    providers: [ProbeWorker],
  };
  app = await createHttpApp(feature, loaded, createLogger({ level: 'silent', name: 'test' }));
  const url = `http://127.0.0.1:${await listen(app, loaded)}`;
  admin = new TestApi(url, await tokenFor('administrator'));
  seller = new TestApi(url, await tokenFor('sales'));
}, 120_000);

afterAll(async () => {
  await app.close();
  await Promise.all(databases.map((database) => database.drop()));
});

function deadJobs(): Promise<ListAnswer<Dead>> {
  return admin.get<ListAnswer<Dead>>('/jobs/dead');
}

describe('a job that used up its attempts', () => {
  it('is listed with its reason, retried by an administrator, and gone once it succeeds', async () => {
    await app.get(JobQueue).add(probe, { probeId: 'a' }, { jobId: 'a' });
    const [dead] = await waitFor(async () => {
      const { data } = await deadJobs();
      return data.length > 0 ? data : null;
    });
    expect(dead).toMatchObject({
      id: 'probe.run/a',
      attempts: 2,
      reason: expect.stringContaining('the probe is broken'),
    });
    expect(runs).toEqual(['a', 'a']);
    isMended = true;
    expect((await admin.request('POST', '/jobs/dead/probe.run/a/retry')).status).toBe(204);
    await waitFor(() => runs.length === 3);
    await waitFor(async () => (await deadJobs()).data.length === 0);
    expect((await admin.request('POST', '/jobs/dead/probe.run/a/retry')).status).toBe(404);
  });

  it('can be taken off the list', async () => {
    isMended = false;
    await app.get(JobQueue).add(probe, { probeId: 'b' }, { jobId: 'b' });
    await waitFor(async () => (await deadJobs()).data.length === 1);
    expect((await admin.request('DELETE', '/jobs/dead/probe.run/b')).status).toBe(204);
    expect((await deadJobs()).data).toEqual([]);
  });

  it('is no business of a salesperson', async () => {
    expect((await seller.request('GET', '/jobs/dead')).status).toBe(403);
    expect((await seller.request('POST', '/jobs/dead/probe.run/a/retry')).status).toBe(403);
  });
});

describe('a job of the connector that failed for good', () => {
  it('is seen and retried on the server, which has no handler for it', async () => {
    const connector = await createHttpApp(
      {
        module: Connector,
        imports: [
          HealthModule,
          QueueModule.forRoot(),
          QueueModule.forFeature({ ...purgeGenerations, attempts: 1 }),
        ],
        providers: [BrokenPurge],
      },
      loaded,
      createLogger({ level: 'silent', name: 'connector' }),
    );
    await connector.init();
    await connector
      .get(JobQueue)
      .add({ ...purgeGenerations, attempts: 1 }, { live: 7 }, { jobId: 'purge-below-7' });
    const dead = await waitFor(async () => {
      const { data } = await admin.get<ListAnswer<Dead>>('/jobs/dead');
      const id = 'connector.purge/purge-below-7';
      return data.find((job) => job.id === id) ?? Promise.reject(new Error('not yet'));
    });
    expect(dead.reason).toBe('the bucket refuses');
    const path = '/jobs/dead/connector.purge/purge-below-7';
    expect((await admin.request('POST', `${path}/retry`)).status).toBe(204);
    await connector.close();
  });
});
