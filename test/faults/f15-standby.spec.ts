import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLogger } from '../../src/platform/logging/index.js';
import { EraseSubject } from '../../src/privacy/erase-subject.command.js';
import { ErasureLedger, ErasureReplay } from '../../src/privacy/index.js';
import { ErasuresService } from '../../src/privacy/erasures.service.js';
import { TENANT } from '../integration/connector/connector-world.js';
import { makeTempFolder, waitFor } from '../support/index.js';
import { expectSound } from './checkers.js';
import { allowFork, bucketContent, openOwnPostgresWorld, type OwnPostgresWorld } from './own-postgres.js';

/** Debian's, because the one from npm comes without the tools that make a standby. */
const BINARIES = '/usr/lib/postgresql/15';

let world: OwnPostgresWorld;
beforeEach(async () => {
  world = await openOwnPostgresWorld({ binaries: BINARIES });
});
afterEach(() => world.end());

/** @returns the data folder of a standby that stands where the primary stands now, and gets no further */
async function makeStandby(): Promise<string> {
  const folder = join(await makeTempFolder('standby'), 'data');
  await mkdir(folder, { mode: 0o700 });
  await copyFile(join(world.dataFolder, 'superuser-password'), join(folder, 'superuser-password'));
  const args = ['-d', world.server.url, '-D', join(folder, 'cluster'), '-X', 'stream', '-R', '-c', 'fast'];
  await promisify(execFile)(join(BINARIES, 'bin', 'pg_basebackup'), args);
  return folder;
}

/** What a server does before its first request: erases again what this database may not know of. */
async function startServer(): Promise<void> {
  const { app, audit, folder } = world;
  const keysFolder = join(folder, 'server');
  const ledger = new ErasureLedger({ folder: join(folder, 'erasures'), keysFolder, tenant: TENANT });
  const erasures = new ErasuresService(app, new EraseSubject(audit), ledger, { batchMinutes: 60 });
  const log = createLogger({ level: 'silent', name: 'server' });
  await new ErasureReplay(app, ledger, erasures, log).onModuleInit();
}

it('F15 a connector at a standby refuses; at a lagging one that was promoted it sees the fork', async () => {
  const lane = await world.begin();
  const dataFolder = await makeStandby();
  await world.people.work();
  await lane.settle();
  await world.replica.catchUp();
  const asOf = lane.publisher.currentAsOf;
  await world.server.stop();
  // the address of the database leads to the standby now
  await world.start({ dataFolder, settings: { primary_conninfo: '' } });
  await expect(lane.settle()).rejects.toMatchObject({ code: 'standby-refused' });
  expect(lane.publisher.currentAsOf).toBe(asOf);

  await world.sql('SELECT pg_promote()');
  const isPrimary = async () => (await world.sql('SELECT pg_is_in_recovery() AS is'))[0]?.['is'] === false;
  await waitFor(isPrimary, { timeoutMs: 30_000, what: 'the promotion' });
  await world.people.work();
  const before = await bucketContent(world);
  await expect(lane.settle()).rejects.toMatchObject({ code: 'fork-detected' });
  expect(await bucketContent(world)).toEqual(before);
  await allowFork(world);
  await expect(lane.settle()).rejects.toMatchObject({ code: 'erasures-not-replayed' });
  await startServer();
  await expect(lane.settle()).resolves.toContain('idle');
  await expectSound(world);
});
