// X37 to X39 in small: what the server depends on goes away under it. It goes on answering, /readyz names what is
// missing, and it comes back by itself.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, makeTempFolder, startRedis, waitFor, type TestRedis } from '../../support/index.js';
import { HttpClient, makeUser, startPrimary, type WholeServer } from '../access/whole-server.js';

let redis: TestRedis;
let port: number;
let folder: string;
let server: WholeServer;
let admin: HttpClient;

beforeAll(async () => {
  [port, folder] = [await freePort(), await makeTempFolder('outage-redis')];
  redis = await startRedis({ port, folder });
  server = await startPrimary({ REDIS_URL: redis.url });
  admin = await HttpClient.signedIn(server, await makeUser(server, 'administrator'));
  await mkdir(join(server.folder, 'bucket'), { recursive: true });
});
afterAll(async () => {
  await server.stop();
  await redis.stop();
});

interface Readiness {
  status: string;
  checks: Record<string, { status: string; required: boolean; lastError?: string }>;
}
const readiness = async () => (await admin.call('/readyz')).json as Readiness;
const checkIs = (name: string, status: string) =>
  waitFor(async () => (await readiness()).checks[name]?.status === status, {
    timeoutMs: 30_000,
    what: `${name} to be ${status}`,
  });
const works = async () => (await admin.call('/api/v1/accounts')).status;

describe('the server', () => {
  it('is ready while everything is there', async () => {
    for (const name of ['database', 'queue', 'bucket']) await checkIs(name, 'up');
    expect((await admin.call('/readyz')).status).toBe(200);
  });

  it('answers 503 or the record, never a 500, while its database connections are cut, and recovers', async () => {
    const { admin: superuser, name } = server.database;
    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const calls = Array.from({ length: 8 }, () => works());
      await superuser.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'holdfast_app' AND datname = current_database()`,
      );
      statuses.push(...(await Promise.all(calls)));
    }
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    // Nobody gets in at all.
    await superuser.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await superuser.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'holdfast_app' AND datname = current_database()`,
    );
    await checkIs('database', 'down');
    const answer = await admin.call('/api/v1/accounts');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      503,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(answer.text).not.toMatch(/holdfast_app|57P|pg_|not currently accepting/);
    expect((await admin.call('/healthz')).status).toBe(200);
    expect((await admin.call('/readyz')).status).toBe(503);
    await superuser.query(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
    await checkIs('database', 'up');
    await waitFor(async () => (await works()) === 200, { timeoutMs: 10_000 });
  });

  it('works on without its queue, says so, and finds it again', async () => {
    await redis.kill();
    await checkIs('queue', 'down');
    expect(await works()).toBe(200);
    expect(
      (await admin.call('/api/v1/accounts', { method: 'POST', body: { name: 'Meanwhile' } })).status,
    ).toBe(201);
    const job = await admin.call('/api/v1/jobs/dead');
    expect([200, 503]).toContain(job.status);
    redis = await startRedis({ port, folder });
    await checkIs('queue', 'up');
  });

  it('works on without its bucket, says so, and stays ready', async () => {
    const bucket = join(server.folder, 'bucket');
    await rename(bucket, `${bucket}-away`);
    await writeFile(bucket, 'a file where the folder was');
    await checkIs('bucket', 'down');
    const report = await readiness();
    expect(report.checks.bucket).toMatchObject({ required: false, lastError: expect.any(String) });
    expect((await admin.call('/readyz')).status).toBe(200);
    expect(await works()).toBe(200);
    expect((await admin.call('/api/v1/cloud/status')).status).toBe(200);
    await rm(bucket);
    await rename(`${bucket}-away`, bucket);
    await checkIs('bucket', 'up');
  });
});
