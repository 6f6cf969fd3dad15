import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import { sessionOptions } from '../../../src/platform/database/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import {
  beatKey,
  ConnectorKeyStore,
  createManifest,
  createTenantKeys,
  deleteLine,
  digestOf,
  headerLine,
  keyFolders,
  manifestKey,
  MultisetHash,
  ReplicaKeyStore,
  rootKey,
  rowDigest,
  signBeat,
  signManifest,
  upsertLine,
  writePart,
  type Manifest,
  type ManifestInput,
  type Position,
  type Signer,
  type TypeSchema,
  type TypeState,
} from '../../../src/replication/format/index.js';
import { PINNED_ROOT_FILE, ReplicaFollower } from '../../../src/replication/replica/index.js';
import { createPrimaryDatabase, createReplicaDatabase, type TestDatabase } from '../../support/index.js';

export const tenant = 'acme';
const engine = 't.id, t.created_at, t.created_by, t.updated_at, t.updated_by, t.owner_id, t.version';
const views: Record<string, string> = {
  user: `SELECT ${engine}, t.name, t.active, t.custom FROM crm."user" t`,
  role: 'SELECT t.id, t.key, t.name, t.permissions, t.flags FROM access.role t',
  account: `SELECT ${engine}, t.name, t.kind, t.sector, t.custom FROM crm.account t WHERE t.sector IS DISTINCT FROM 'medical'`,
  deal: `SELECT ${engine}, t.name, t.stage, t.amount, t.amount_currency, t.close_date, t.account_id, t.custom FROM crm.deal t`,
};

/** A folder as bucket, keys of all sides, a primary's database with views and a replica's that follows. */
export interface Stage {
  folder: string;
  bucket: Bucket;
  primary: TestDatabase;
  replica: TestDatabase;
  signer: Signer;
  recipient: string;
  publisher: Publisher;
  pool: pg.Pool;
  keyFolder: string;
  follower: (floor?: Position) => ReplicaFollower;
  close: () => Promise<void>;
}

export interface Databases {
  primary: TestDatabase;
  replica: TestDatabase;
  drop: () => Promise<void>;
}

export async function openDatabases(): Promise<Databases> {
  const [primary, replica] = [await createPrimaryDatabase(), await createReplicaDatabase()];
  for (const [name, sql] of Object.entries(views))
    await primary.admin.query(`CREATE VIEW cloud."${name}" AS ${sql}`);
  const drop = async () => {
    await Promise.all([primary.drop(), replica.drop()]);
  };
  return { primary, replica, drop };
}

/** As new: a database costs seconds, emptying it does not. */
async function reset({ primary, replica }: Databases): Promise<void> {
  for (const database of [primary, replica]) {
    await database.admin.query(
      'TRUNCATE crm."user", crm.account, crm.pipeline, crm.deal, access.role CASCADE',
    );
  }
  await replica.admin.query(`BEGIN;
    DELETE FROM replication.replica_state; INSERT INTO replication.replica_state DEFAULT VALUES;
    DELETE FROM replication.replica_watch; INSERT INTO replication.replica_watch DEFAULT VALUES;
    DELETE FROM replication.replica_root; COMMIT`);
}

export async function openStage(databases: Databases): Promise<Stage> {
  await reset(databases);
  const { primary, replica } = databases;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-replica-'));
  const bucket = openBucket(pathToFileURL(join(folder, 'bucket')).href);
  const folders = keyFolders(join(folder, 'keys'));
  const keyFolder = folders.replica('london');
  const keys = new ReplicaKeyStore(keyFolder);
  const { enrolment } = await keys.enrol(tenant, 'london');
  const root = await createTenantKeys({ folder: join(folder, 'keys'), tenant, replicas: [enrolment] });
  await writeFile(join(keyFolder, PINNED_ROOT_FILE), root, { mode: 0o600 });
  await bucket.put(rootKey(1), root);
  const signer = await new ConnectorKeyStore(folders.connector).signer();
  const options = sessionOptions({ statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  const pool = new pg.Pool({ connectionString: replica.urls.replicaApply, max: 3, options });
  // Some tests end its connections.
  pool.on('error', () => undefined);
  const publisher = new Publisher(folder, bucket, primary, signer, enrolment.recipient);
  const log = createLogger({ level: 'silent', name: 'replica' });
  return {
    ...{
      folder,
      bucket,
      primary,
      replica,
      signer,
      recipient: enrolment.recipient,
      publisher,
      pool,
      keyFolder,
    },
    follower: (floor) =>
      new ReplicaFollower({
        pool,
        bucket,
        keys,
        keyFolder,
        tenant,
        name: 'london',
        floor: floor ?? null,
        log,
      }),
    close: async () => {
      await pool.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a connector does, without its cares: reads the views whole, compares with what it sent, seals, signs, puts. */
export class Publisher {
  generation = 1;
  n = 0;
  head = '';
  private ledger = new Map<string, { type: string; id: string; digest: Buffer }>();
  private digestKey = randomBytes(32);
  private policyVersion = 1;
  /** what the manifest and the beat say differently from the truth */
  forge: {
    manifest?: Partial<ManifestInput>;
    signer?: Signer;
    line?: (line: string) => string;
    beat?: false;
    /** lines before and after those of the views, counted as lines and no more: a first snapshot's earlier chunks */
    earlier?: string[];
    later?: string[];
  } = {};

  constructor(
    private readonly folder: string,
    private readonly bucket: Bucket,
    private readonly primary: TestDatabase,
    readonly signer: Signer,
    private readonly recipient: string,
  ) {}

  /** Begins a new generation: its first batch is a snapshot. */
  startGeneration(): void {
    this.generation += 1;
    this.n = 0;
    this.policyVersion += 1;
    this.ledger = new Map();
    this.digestKey = randomBytes(32);
  }

  async publish(): Promise<Manifest> {
    const { rows, schema } = await this.readViews();
    const { lines, states } = this.compare(rows, Object.keys(views));
    const header = headerLine({
      digestKey: this.digestKey.toString('hex'),
      policyVersion: this.policyVersion,
      types: schema,
    });
    const { earlier = [], later = [] } = this.forge;
    return this.seal([header, ...earlier, ...lines, ...later], withLines(states, [...earlier, ...later]));
  }

  /** Puts any lines under a manifest that claims any states. */
  async seal(lines: string[], states: TypeState[]): Promise<Manifest> {
    const { generation } = this;
    const n = this.n + 1;
    const path = join(this.folder, randomBytes(8).toString('hex'));
    const writer = writePart({
      context: { tenant, generation, n, part: 0 },
      recipients: [this.recipient],
      path,
    });
    for (const line of lines) await writer.line(this.forge.line?.(line) ?? line);
    const part = await writer.finish();
    const now = new Date().toISOString();
    const manifest = createManifest({
      ...{
        tenant,
        root: 1,
        generation,
        n,
        kind: n === 1 ? 'snapshot' : 'delta',
        nonce: randomBytes(16).toString('hex'),
      },
      ...{
        previous: n === 1 ? null : this.head,
        epoch: 1,
        policy: { version: this.policyVersion, hash: 'ab'.repeat(32) },
      },
      ...{ asOf: now, createdAt: now, recipients: [this.recipient], parts: [part], types: states },
      ...this.forge.manifest,
    });
    const bytes = signManifest(manifest, this.forge.signer ?? this.signer);
    await this.bucket.putFile(part.name, path);
    await this.bucket.put(manifestKey(generation, n), bytes, { ifNoneMatch: true });
    this.n = n;
    this.head = digestOf(bytes);
    if (this.forge.beat !== false) await this.beat();
    return manifest;
  }

  async beat(expiresMs = 60_000, signer = this.signer): Promise<void> {
    const now = Date.now();
    const at = new Date(now).toISOString();
    const beat = {
      ...{
        format: 'holdfast-beat/1' as const,
        tenant,
        root: 1,
        generation: this.generation,
        n: this.n,
        manifest: this.head,
      },
      ...{ epoch: 1, asOf: at, createdAt: at, expires: new Date(now + expiresMs).toISOString() },
    };
    await this.bucket.put(beatKey, signBeat(beat, signer));
  }

  private async readViews() {
    const rows: { type: string; id: string; row: string }[] = [];
    const schema: TypeSchema[] = [];
    for (const type of Object.keys(views)) {
      const found = await this.primary.admin.query<{ id: string; row: string }>(
        `SELECT v.id, row_to_json(v)::text AS row FROM cloud."${type}" v ORDER BY v.id`,
      );
      rows.push(...found.rows.map((entry) => ({ type, ...entry })));
      const columns = await this.primary.admin.query<{ name: string; type: string }>(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
        [`cloud."${type}"`],
      );
      schema.push({ type, columns: columns.rows });
    }
    return { rows, schema };
  }

  private compare(rows: { type: string; id: string; row: string }[], types: string[]) {
    const after = new Map(
      rows.map(({ type, id, row }) => [
        `${type} ${id}`,
        { type, id, row, digest: rowDigest(this.digestKey, type, row) },
      ]),
    );
    const lines: string[] = [];
    const count = (type: string) => ({ type, upserts: 0, deletes: 0, count: 0, hash: new MultisetHash() });
    const tally = new Map(types.map((type) => [type, count(type)]));
    for (const [key, { type, id }] of this.ledger) {
      const entry = tally.get(type);
      if (after.has(key) || entry === undefined) continue;
      entry.deletes += 1;
      lines.push(deleteLine(type, id));
    }
    for (const [key, { type, row, digest }] of after) {
      const entry = tally.get(type);
      if (entry === undefined) continue;
      entry.count += 1;
      entry.hash.add(digest);
      if (this.ledger.get(key)?.digest.equals(digest) === true) continue;
      entry.upserts += 1;
      lines.push(upsertLine(type, row));
    }
    this.ledger = new Map([...after].map(([key, { type, id, digest }]) => [key, { type, id, digest }]));
    return {
      lines,
      states: [...tally.values()].map(({ hash, ...rest }) => ({ ...rest, checksum: hash.toHex() })),
    };
  }
}

function withLines(states: TypeState[], lines: string[]): TypeState[] {
  const count = (tag: string, type: string) =>
    lines.filter((line) => line.startsWith(`["${tag}","${type}",`)).length;
  return states.map((state) => ({
    ...state,
    upserts: state.upserts + count('u', state.type),
    deletes: state.deletes + count('d', state.type),
  }));
}

/** What the premises' views show and what the replica holds, as text to be compared. */
export async function contents(stage: Stage): Promise<{ premises: string[]; replica: string[] }> {
  const premises: string[] = [];
  const replica: string[] = [];
  for (const [type, sql] of Object.entries(views)) {
    const select = `SELECT $1 || ' ' || row_to_json(v)::text AS row FROM (${sql}) v ORDER BY v.id`;
    premises.push(
      ...(await stage.primary.admin.query<{ row: string }>(select, [type])).rows.map(({ row }) => row),
    );
    replica.push(
      ...(await stage.replica.admin.query<{ row: string }>(select, [type])).rows.map(({ row }) => row),
    );
  }
  return { premises, replica };
}
