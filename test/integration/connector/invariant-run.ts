import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { OpenSnapshot } from '../../../connector/publish/snapshot-reader.js';
import type { PublisherOptions } from '../../../connector/publish/publisher.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { keyFolders, ReplicaKeyStore } from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE, ReplicaFollower } from '../../../src/replication/replica/index.js';
import { toColumnName } from '../../../src/records/index.js';
import { createReplicaDatabase, type TestDatabase } from '../../support/index.js';
import { BusyWriters, CONSTANT_SUM, INVARIANT_POLICY } from './busy-writers.js';
import {
  openWorld,
  TENANT,
  viewContent,
  type ConnectorWorld,
  type TestPublisher,
} from './connector-world.js';

export const TYPES = [
  ...['account', 'contact', 'deal', 'product', 'activity', 'case', 'campaign', 'campaignMember', 'lead'],
] as const;
const WRITERS = 16;

type Content = Map<string, Map<string, string>>;

export interface InvariantReport {
  deltas: number;
  /** snapshots that were made beside the chain and read whole */
  rebases: number;
  transactions: number;
  /** states of the replica that were never those of the policy views at S_n */
  differing: number;
  /** states in which the sum that no transfer changes had changed */
  brokenSums: number;
  /** whether the replica equals the views once everything is quiet */
  isExactAtEnd: boolean;
  examples: string[];
}

export interface InvariantOptions {
  durationMs: number;
  /** ends at the first state that is wrong */
  stopAtFirst?: boolean;
  publisher?: (world: ConnectorWorld) => Promise<Partial<PublisherOptions>>;
  /** true: the product's own applier into a database; false: the reader in memory */
  withDatabase: boolean;
}

/** Holds every state that the replica passes through against what the policy views showed at that state's snapshot. */
export async function runInvariant(options: InvariantOptions): Promise<InvariantReport> {
  const world = await openWorld();
  try {
    await world.activate(INVARIANT_POLICY);
    const writers = await BusyWriters.prepare(world);
    const seen = new Map<string, Content>();
    const onSnapshot = async (open: OpenSnapshot, { generation, n }: { generation: number; n: number }) => {
      seen.set(`${String(generation)}/${String(n)}`, await contentAt(open));
    };
    const lane = await world.publisher({
      listeners: [{ onSnapshot }],
      chunkRows: 50,
      ...(await options.publisher?.(world)),
    });
    const replica = options.withDatabase ? await DatabaseReplica.open(world) : new MemoryReplica(world);
    try {
      return await watch(options, { world, writers, lane, replica, seen });
    } finally {
      await replica.close();
    }
  } finally {
    await world.end();
  }
}

interface Scene {
  world: ConnectorWorld;
  writers: BusyWriters;
  lane: TestPublisher;
  replica: Replica;
  seen: Map<string, Content>;
}

async function watch(
  { durationMs, stopAtFirst }: InvariantOptions,
  { world, writers, lane, replica, seen }: Scene,
): Promise<InvariantReport> {
  const report: InvariantReport = {
    deltas: 0,
    rebases: 0,
    transactions: 0,
    differing: 0,
    brokenSums: 0,
    isExactAtEnd: false,
    examples: [],
  };
  let last: Content | undefined;
  const check = (position: string, content: Content): void => {
    const isRebase = position.endsWith('/1') && !seen.has(position);
    if (isRebase) report.rebases += 1;
    else report.deltas += 1;
    const expected = isRebase ? (newestOf(seen, position) ?? last) : seen.get(position);
    judge(report, position, content, expected);
    last = expected;
    seen.delete(position);
  };
  await writers.start(WRITERS);
  const end = Date.now() + durationMs;
  const isWrong = () => stopAtFirst === true && report.differing + report.brokenSums > 0;
  while (Date.now() < end && !isWrong()) {
    if ((await lane.publisher.turn()) === 'published') await replica.catchUp(check);
  }
  await writers.stop();
  report.transactions = writers.transactions;
  await lane.settle();
  await replica.catchUp(check);
  const final = await replica.content();
  report.isExactAtEnd = true;
  for (const type of TYPES) {
    if (difference(final.get(type) ?? new Map<string, string>(), await viewContent(world, type)) !== null)
      report.isExactAtEnd = false;
  }
  return report;
}

/** A generation made beside the chain is the last state of the one before, which this reader may have skipped. */
function newestOf(seen: ReadonlyMap<string, Content>, position: string): Content | undefined {
  const before = `${String(Number(position.split('/')[0]) - 1)}/`;
  const places = [...seen.keys()].filter((key) => key.startsWith(before));
  places.sort((a, b) => Number(a.split('/')[1]) - Number(b.split('/')[1]));
  return seen.get(places.at(-1) ?? '');
}

function judge(
  report: InvariantReport,
  position: string,
  actual: Content,
  expected: Content | undefined,
): void {
  for (const type of TYPES) {
    const what = difference(
      actual.get(type) ?? new Map<string, string>(),
      expected?.get(type) ?? new Map<string, string>(),
    );
    if (what === null) continue;
    report.differing += 1;
    if (report.examples.length < 5) report.examples.push(`${position} ${type}: ${what}`);
    break;
  }
  const prices = [...(actual.get('product')?.values() ?? [])].map(
    (row) => (JSON.parse(row) as { price: number }).price,
  );
  if (prices.reduce((total, price) => total + price, 0) !== CONSTANT_SUM) report.brokenSums += 1;
}

function difference(actual: Map<string, string>, expected: Map<string, string>): string | null {
  for (const [id, row] of expected)
    if (actual.get(id) !== row) return actual.has(id) ? `${id} differs` : `${id} is missing`;
  for (const id of actual.keys()) if (!expected.has(id)) return `${id} is too much`;
  return null;
}

/** The views' content inside the delta's own transaction: the very snapshot that it was made from. */
async function contentAt(open: OpenSnapshot): Promise<Content> {
  const content: Content = new Map();
  for (const type of TYPES) {
    const { rows } = await open.session.query<{ id: string; row: string }>(
      `SELECT v.id, row_to_json(v)::text AS row FROM cloud."${type}" v`,
    );
    content.set(type, new Map(rows.map(({ id, row }) => [id, row])));
  }
  return content;
}

interface Replica {
  /** applies what is there, one batch at a time, and shows the state after each */
  catchUp(onApplied: (position: string, content: Content) => void): Promise<void>;
  content(): Promise<Content>;
  close(): Promise<void>;
}

class MemoryReplica implements Replica {
  constructor(private readonly world: ConnectorWorld) {}

  async catchUp(onApplied: (position: string, content: Content) => void): Promise<void> {
    await this.world.reader.catchUp(({ generation, n }) => {
      onApplied(`${String(generation)}/${String(n)}`, this.world.reader.types);
    });
  }

  content(): Promise<Content> {
    return Promise.resolve(this.world.reader.types);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** The product's own follower over a replica's database, read as its server reads it. */
class DatabaseReplica implements Replica {
  private constructor(
    private readonly world: ConnectorWorld,
    private readonly database: TestDatabase,
    private readonly pool: pg.Pool,
    private readonly follower: ReplicaFollower,
  ) {}

  static async open(world: ConnectorWorld): Promise<DatabaseReplica> {
    const database = await createReplicaDatabase();
    const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
    const pool = new pg.Pool({ connectionString: database.urls.replicaApply, max: 3, options });
    pool.on('error', () => undefined);
    const keyFolder = keyFolders(world.folder).replica('london');
    await writeFile(join(keyFolder, PINNED_ROOT_FILE), world.rootObject, { mode: 0o600 });
    const follower = new ReplicaFollower({
      ...{ pool, keyFolder, bucket: world.bucket, keys: new ReplicaKeyStore(keyFolder) },
      ...{
        tenant: TENANT,
        name: 'london',
        floor: null,
        log: createLogger({ level: 'warn', name: 'replica' }),
      },
    });
    return new DatabaseReplica(world, database, pool, follower);
  }

  async catchUp(onApplied: (position: string, content: Content) => void): Promise<void> {
    for (;;) {
      const outcome = await this.follower.step();
      if (outcome === 'failed') throw new Error('the replica refused a batch');
      if (outcome === 'idle') return;
      const { rows } = await this.pool.query<{ position: string }>(
        `SELECT generation || '/' || n AS position FROM replication.replica_state`,
      );
      onApplied(rows[0]?.position ?? '', await this.content());
    }
  }

  async content(): Promise<Content> {
    const content: Content = new Map();
    for (const type of TYPES) {
      const { rows } = await this.world.connector.query<{ columns: string }>(
        `SELECT string_agg(quote_ident(c ->> 'name'), ', ') AS columns
         FROM replication.view_catalog, jsonb_array_elements(columns) c WHERE type = $1`,
        [type],
      );
      const stored = await this.pool.query<{ id: string; row: string }>(
        `SELECT r.id, row_to_json(r)::text AS row FROM (SELECT ${rows[0]?.columns ?? ''} FROM crm."${toColumnName(type)}") r`,
      );
      content.set(type, new Map(stored.rows.map(({ id, row }) => [id, row])));
    }
    return content;
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.database.drop();
  }
}
