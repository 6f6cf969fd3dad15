// Connectors and replicas as an installation starts them, each a process of its own, over the world of a test.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyFolders } from '../../src/replication/format/index.js';
import { PINNED_ROOT_FILE } from '../../src/replication/replica/index.js';
import { createEmptyDatabase, createReplicaDatabase, waitFor, type TestDatabase } from '../support/index.js';
import { TENANT, type ConnectorWorld } from '../integration/connector/connector-world.js';
import { MeasuredProcess } from './measured-process.js';

export interface ConnectorSettings {
  name?: string;
  /** on top of the section `connector` */
  connector?: object;
}

export interface ReplicaHost {
  name: string;
  keysFolder: string;
}

export interface ReplicaProcess {
  name: string;
  process: MeasuredProcess;
  database: TestDatabase;
  position(): Promise<string>;
}

export class ProductProcesses {
  private readonly started: MeasuredProcess[] = [];
  private readonly databases: TestDatabase[] = [];

  private constructor(
    private readonly world: ConnectorWorld,
    private readonly queue: TestDatabase,
    private readonly bucket: object,
  ) {}

  /** @param bucket on top of its URL: endpoint and keys of an S3 server */
  static async over(world: ConnectorWorld, bucket: object = {}): Promise<ProductProcesses> {
    return new ProductProcesses(world, await createEmptyDatabase('holdfast_queue'), bucket);
  }

  async connector({ name = 'connector', connector = {} }: ConnectorSettings = {}): Promise<MeasuredProcess> {
    const { world, queue } = this;
    return this.start('connector/main.js', name, {
      role: 'connector',
      database: { url: world.database.urls.connector },
      queue: { databaseUrl: queue.urls.queue },
      keys: { folder: world.folder },
      files: { folder: join(world.folder, 'files') },
      connector: { pollMs: 250, spoolFolder: world.spoolFolder, ...connector },
    });
  }

  /** @param host a world's first replica where left out */
  async replica(host: Partial<ReplicaHost> = {}): Promise<ReplicaProcess> {
    const { name = 'london', keysFolder = this.world.folder } = host;
    if (host.keysFolder === undefined)
      await writeFile(join(keyFolders(keysFolder).replica(name), PINNED_ROOT_FILE), this.world.rootObject, {
        mode: 0o600,
      });
    const database = await createReplicaDatabase();
    this.databases.push(database);
    const process = await this.start('src/main.js', `replica-${name}`, {
      role: 'replica',
      database: { url: database.urls.replicaApp, applyUrl: database.urls.replicaApply },
      keys: { folder: keysFolder },
      replica: { name, pollMs: 250 },
    });
    return { name, process, database, position: () => positionOf(database) };
  }

  async end(): Promise<void> {
    await Promise.all(this.started.map((process) => process.end('SIGKILL')));
    await Promise.all([this.queue, ...this.databases].map((database) => database.drop()));
  }

  private async start(script: string, name: string, config: object): Promise<MeasuredProcess> {
    const { world, bucket } = this;
    const file = join(world.folder, `${name}.json`);
    const whole = {
      http: { host: '127.0.0.1', port: 0 },
      bucket: { url: world.bucket.url, ...bucket },
      tenant: { id: TENANT },
      ...config,
    };
    await writeFile(file, JSON.stringify(whole), { mode: 0o600 });
    const started = MeasuredProcess.start(script, file, join(world.folder, `${name}.log`));
    this.started.push(started);
    return started;
  }
}

async function positionOf(database: TestDatabase): Promise<string> {
  const { rows } = await database.admin.query<{ at: string }>(
    `SELECT coalesce(generation, 0) || '.' || coalesce(n, 0) AS at FROM replication.replica_state`,
  );
  return rows[0]?.at ?? '0.0';
}

export interface Published {
  /** as `<generation>.<n>` */
  at: string;
  /** between its beginning and its first manifest, whatever was killed meanwhile */
  snapshotSeconds: number;
}

/** The generation in force once nothing is owed any more. */
export async function published(world: ConnectorWorld, timeoutMs: number): Promise<Published> {
  const look = async (): Promise<Published | undefined> => {
    const [row] = await world.sql(
      `SELECT g.id || '.' || g.head AS at, extract(epoch FROM g.live_at - g.created_at)::float8 AS seconds
       FROM replication.generation g WHERE g.state = 'live' AND g.head > 0
         AND NOT EXISTS (SELECT 1 FROM replication.batch b WHERE b.state = 'pending')
         AND NOT EXISTS (SELECT 1 FROM replication.change c WHERE c.xid >= pg_snapshot_xmax(g.cursor_snapshot))`,
    );
    return row === undefined ? undefined : { at: String(row.at), snapshotSeconds: Number(row.seconds) };
  };
  return waitFor(look, { timeoutMs, intervalMs: 100, what: 'everything to be published' });
}

/** @returns seconds that it took */
export async function reaches(replica: ReplicaProcess, at: string, timeoutMs: number): Promise<number> {
  const startedAt = performance.now();
  await waitFor(async () => (await replica.position()) === at, {
    ...{ timeoutMs, intervalMs: 50, what: `${replica.name} to reach ${at}` },
  });
  return (performance.now() - startedAt) / 1000;
}
