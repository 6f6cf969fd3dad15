import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { sessionOptions } from '../../src/platform/database/index.js';
import { createLogger } from '../../src/platform/logging/index.js';
import { keyFolders, ReplicaKeyStore, type Position } from '../../src/replication/format/index.js';
import {
  PINNED_ROOT_FILE,
  ReplicaFollower,
  type LastError,
  type StepOutcome,
} from '../../src/replication/replica/index.js';
import { createReplicaDatabase, type TestDatabase } from '../support/index.js';
import { TENANT, type ConnectorWorld } from '../integration/connector/connector-world.js';

/** One state that the replica has shown. */
export interface ShownState {
  generation: number;
  n: number;
  /** of all prices */
  sum: number;
}

/** The product's follower over a replica's own database, which remembers every state that it passed through. */
export class FollowingReplica {
  readonly shown: ShownState[] = [];
  private readonly follower: ReplicaFollower;

  private constructor(
    world: ConnectorWorld,
    readonly database: TestDatabase,
    readonly pool: pg.Pool,
    floor: Position | null,
  ) {
    const keyFolder = keyFolders(world.folder).replica('london');
    this.follower = new ReplicaFollower({
      ...{ pool, keyFolder, bucket: world.bucket, keys: new ReplicaKeyStore(keyFolder), floor },
      ...{ tenant: TENANT, name: 'london', log: createLogger({ level: 'silent', name: 'replica' }) },
    });
  }

  static async open(world: ConnectorWorld, floor: Position | null = null): Promise<FollowingReplica> {
    const database = await createReplicaDatabase();
    const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
    const pool = new pg.Pool({ connectionString: database.urls.replicaApply, max: 3, options });
    pool.on('error', () => undefined); // some tests end its connections
    const keyFolder = keyFolders(world.folder).replica('london');
    await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
    return new FollowingReplica(world, database, pool, floor);
  }

  async step(): Promise<StepOutcome> {
    const outcome = await this.follower.step();
    if (outcome === 'applied') this.shown.push(await this.state());
    return outcome;
  }

  /** Steps until there is nothing more, or it refuses; answers how the last one ended. */
  async catchUp(): Promise<StepOutcome> {
    for (;;) {
      const outcome = await this.step();
      if (outcome !== 'applied') return outcome;
    }
  }

  async state(): Promise<ShownState> {
    const { rows } = await this.database.admin.query<ShownState>(
      `SELECT coalesce(generation, 0)::int AS generation, coalesce(n, 0)::int AS n,
         (SELECT coalesce(sum(price), 0)::int FROM crm.product) AS sum FROM replication.replica_state`,
    );
    return rows[0] ?? { generation: 0, n: 0, sum: 0 };
  }

  async position(): Promise<string> {
    const { generation, n } = await this.state();
    return `${generation}.${n}`;
  }

  async errorCode(): Promise<string | null> {
    const { rows } = await this.database.admin.query<{ last_error: LastError | null }>(
      'SELECT last_error FROM replication.replica_watch',
    );
    return rows[0]?.last_error?.code ?? null;
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.database.drop();
  }
}
