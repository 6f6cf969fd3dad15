import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppConfig } from '../../src/platform/config/index.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/platform/embedded/index.js';
import { createPrimaryDatabaseOn, freePort, makeTempFolder } from '../support/index.js';
import { openWorld } from '../integration/connector/connector-world.js';
import { populate, type FaultWorld } from './fault-world.js';

/** A world whose premises have a PostgreSQL to themselves, which keeps what it says it kept. */
export interface OwnPostgresWorld extends FaultWorld {
  server: EmbeddedPostgres;
  /** of cluster, password and log */
  dataFolder: string;
  /** over the same folder, or over another with the same password, on the same port */
  start(more?: Partial<EmbeddedPostgresOptions>): Promise<void>;
  /** a copy of the folder as it lies there; the server must be stopped */
  copyData(): Promise<string>;
  /** the copy in the place of the folder; the server must be stopped */
  putData(copy: string): Promise<void>;
}

export async function openOwnPostgresWorld(
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<OwnPostgresWorld> {
  const dataFolder = options.dataFolder ?? join(await makeTempFolder('own-postgres'), 'data');
  const fixed = { port: await freePort(), ...options, dataFolder };
  let server = await startEmbeddedPostgres(fixed);
  const database = await createPrimaryDatabaseOn(server.url);
  const config = new AppConfig();
  Object.assign(config.keys, { folder: await makeTempFolder('own-postgres-keys') });
  const world = await populate(await openWorld({ primary: { database, config } }));
  return {
    ...world,
    dataFolder,
    get server() {
      return server;
    },
    start: async (more = {}) => {
      server = await startEmbeddedPostgres({ ...fixed, ...more });
    },
    copyData: async () => {
      const copy = join(await makeTempFolder('own-postgres-copy'), 'data');
      await cp(dataFolder, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      return copy;
    },
    putData: async (copy) => {
      await rm(dataFolder, { recursive: true });
      await cp(copy, dataFolder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    },
    end: async () => {
      await world.end();
      await database.admin.end();
      await server.stop();
    },
  };
}

/** What the bucket holds, to the byte. */
export async function bucketContent(world: FaultWorld): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  for await (const { key } of world.bucket.list(''))
    content.set(key, (await world.bucket.get(key)).toString('base64'));
  return content;
}

/** A person looked at a fork and lets a new history begin. */
export async function allowFork(world: FaultWorld): Promise<void> {
  await world.sql(`UPDATE replication.connector_control SET fork_allowed_until = now() + interval '1 hour'`);
}
