// A connector's world with an administrator beside it, who makes roots as the commands do, and replicas with databases.
import { join } from 'node:path';
import pg from 'pg';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import type { PublisherOptions } from '../../../connector/publish/publisher.js';
import { ConnectorTrust } from '../../../connector/publish/trust.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  keyFolders,
  ReplicaKeyStore,
  TrustChain,
  type Enrolment,
} from '../../../src/replication/format/index.js';
import { ReplicaFollower } from '../../../src/replication/replica/index.js';
import { enrolHost, TrustKeeper } from '../../../src/replication/trust/index.js';
import { createReplicaDatabase, makeTempFolder, type TestDatabase } from '../../support/index.js';
import { TENANT, type ConnectorWorld, type TestPublisher } from './connector-world.js';
import { StrictReader } from './strict-reader.js';

export const admin = { ...systemContext('test'), reason: 'a test wants it' };

/** The administrator at the terminal: each command opens the chain anew. */
export function openKeeper(world: ConnectorWorld): Promise<TrustKeeper> {
  return TrustKeeper.open(world.app, world.audit, { tenant: TENANT, keysFolder: world.folder });
}

/** A replica's host of its own, with keys and a pin, and the file that it has written for the premises. */
export interface Host {
  name: string;
  keysFolder: string;
  enrolment: Enrolment;
  file: Buffer;
  identities(): Promise<string[]>;
}

export async function makeHost(world: ConnectorWorld, name: string, more = {}): Promise<Host> {
  const keysFolder = await makeTempFolder(name);
  const request = { keysFolder, tenant: TENANT, name, root: world.rootObject, isRenewal: false, ...more };
  const { enrolment, file } = await enrolHost(request);
  return { ...hostOf(name, keysFolder), enrolment, file };
}

/** @param keysFolder `keys.folder` of that host; a world's own for its first replica */
export function hostOf(name: string, keysFolder: string): Pick<Host, 'name' | 'keysFolder' | 'identities'> {
  const keys = new ReplicaKeyStore(keyFolders(keysFolder).replica(name));
  return {
    ...{ name, keysFolder },
    identities: async () => (await keys.recipients()).map(({ identity }) => identity),
  };
}

/** A reader in memory that knows the roots that the premises know. */
export async function readerOf(world: ConnectorWorld, host: Pick<Host, 'identities'>): Promise<StrictReader> {
  const { chain } = await openKeeper(world);
  return new StrictReader(world.bucket, chain, await host.identities());
}

/** Another process in the place of this one, which is gone without a word: with the same disk, database and bucket. */
export async function replaced(
  world: ConnectorWorld,
  lane: TestPublisher,
  options: Partial<PublisherOptions> = {},
): Promise<TestPublisher> {
  await lane.vanish();
  const trust = await ConnectorTrust.load(world.folder, TENANT, world.shelf);
  return world.publisher({ trust, ...options });
}

export interface RunningReplica {
  follower: ReplicaFollower;
  database: TestDatabase;
  /** steps until nothing more happens */
  catchUp(): Promise<string>;
  names(): Promise<string[]>;
  lastError(): Promise<{ code: string; message: string } | null>;
  position(): Promise<string>;
  end(): Promise<void>;
}

/** @param host with `root.json` in the replica's folder */
export async function runReplica(
  world: ConnectorWorld,
  host: Pick<Host, 'name' | 'keysFolder'>,
): Promise<RunningReplica> {
  const database = await createReplicaDatabase();
  const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const pool = new pg.Pool({ connectionString: database.urls.replicaApply, max: 3, options });
  pool.on('error', () => undefined);
  const keyFolder = keyFolders(host.keysFolder).replica(host.name);
  const follower = new ReplicaFollower({
    ...{ pool, bucket: world.bucket, keyFolder, tenant: TENANT, name: host.name, floor: null },
    keys: new ReplicaKeyStore(keyFolder),
    log: createLogger({ level: 'silent', name: 'replica' }),
  });
  const one = async <T>(sql: string): Promise<T | undefined> =>
    (await database.admin.query(sql)).rows[0] as T | undefined;
  return {
    ...{ follower, database },
    catchUp: async () => {
      let outcome = await follower.step();
      while (outcome === 'applied') outcome = await follower.step();
      return outcome;
    },
    names: async () => {
      const { rows } = await database.admin.query<{ name: string }>(
        'SELECT name FROM crm.account ORDER BY 1',
      );
      return rows.map(({ name }) => name);
    },
    lastError: async () =>
      (
        await one<{ last_error: { code: string; message: string } | null }>(
          'SELECT last_error FROM replication.replica_watch',
        )
      )?.last_error ?? null,
    position: async () =>
      (await one<{ at: string }>(`SELECT generation || '.' || n AS at FROM replication.replica_state`))?.at ??
      '',
    end: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

/** What the lane does between its turns: the newest roots into the bucket, and a beat. */
export async function beat(world: ConnectorWorld, lane: TestPublisher, trust = world.trust): Promise<void> {
  await trust.deliver(world.bucket);
  const generation = await lane.publisher.generations.current();
  await new Heartbeat(world.bucket, trust, 60_000).beat(generation, lane.lease.epoch, new Date());
}

export async function keysUnder(world: ConnectorWorld, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of world.bucket.list(prefix)) found.push(key);
  return found;
}

export const pinOf = (world: ConnectorWorld): TrustChain =>
  TrustChain.pin(world.rootObject, { tenant: TENANT });

export const connectorFolder = (world: ConnectorWorld): string => join(keyFolders(world.folder).connector);
