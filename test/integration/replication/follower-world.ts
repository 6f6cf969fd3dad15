// A premises database with a real publisher, and a replica's database with the real follower, without their servers.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { ReplicaAcks } from '../../../connector/publish/replica-acks.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { keyFolders, ReplicaKeyStore } from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE, ReplicaFollower } from '../../../src/replication/replica/index.js';
import { createReplicaDatabase, type TestDatabase } from '../../support/index.js';
import { TENANT, type ConnectorWorld, type TestPublisher } from '../connector/connector-world.js';

export interface FollowingReplica {
  database: TestDatabase;
  follower: ReplicaFollower;
  keys: ReplicaKeyStore;
  /** steps until nothing is new; answers how many batches were applied */
  catchUp(): Promise<number>;
  /** what stands in `lastError` */
  lastError(): Promise<{ code: string; message: string } | null>;
  position(): Promise<{ generation: number; n: number }>;
  rows(table: string): Promise<Map<string, Record<string, unknown>>>;
  stop(): Promise<void>;
}

export async function startFollower(world: ConnectorWorld, name = 'london'): Promise<FollowingReplica> {
  const database = await createReplicaDatabase();
  const keyFolder = keyFolders(world.folder).replica(name);
  await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
  const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const pool = new pg.Pool({ connectionString: database.urls.replicaApply, max: 3, options });
  pool.on('error', () => undefined); // `drop` ends idle connections from the server's side
  const log = createLogger({ level: 'silent', name: 'replica' });
  const keys = new ReplicaKeyStore(keyFolder);
  const { bucket } = world;
  const settings = { pool, bucket, keys, keyFolder, tenant: TENANT, name, floor: null, log };
  const follower = new ReplicaFollower(settings);
  const one = async <T>(sql: string) => (await database.admin.query<{ value: T }>(sql)).rows[0]?.value as T;
  const lastError = () =>
    one<{ code: string; message: string } | null>(
      'SELECT last_error AS value FROM replication.replica_watch',
    );
  return {
    ...{ database, follower, keys, lastError },
    catchUp: async () => {
      for (let applied = 0; ; applied += 1) {
        const outcome = await follower.step();
        if (outcome === 'failed') throw new Error(JSON.stringify(await lastError()));
        if (outcome === 'idle') return applied;
      }
    },
    position: () =>
      one(
        `SELECT json_build_object('generation', generation, 'n', n) AS value FROM replication.replica_state`,
      ),
    rows: async (table) => {
      const { rows } = await database.admin.query<{ id: string }>(`SELECT * FROM ${table}`);
      return new Map(rows.map((row) => [row.id, row]));
    },
    stop: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

/** Puts a beat that names the newest batch. */
export async function beat(world: ConnectorWorld, lane: TestPublisher): Promise<void> {
  const generation = await lane.publisher.generations.current();
  const heartbeat = new Heartbeat(world.bucket, world.trust, 60_000);
  await heartbeat.beat(generation, lane.lease.epoch, lane.publisher.currentAsOf ?? new Date());
}

/** What the lane does from time to time: reads what each replica says. */
export async function collectAcks(world: ConnectorWorld, lane: TestPublisher): Promise<string[]> {
  return new ReplicaAcks(lane.db, world.bucket, world.trust).collect();
}
