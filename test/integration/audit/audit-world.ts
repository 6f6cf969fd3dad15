// A primary's database with an audit that is sealed, as a server puts it together, and a bucket with its checkpoints.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { QueryRunner, DataSource } from 'typeorm';
import { AuditProofs, AuditSealer, AuditTrail } from '../../../src/audit/index.js';
import { runVerification } from '../../../src/cli/audit-verification.js';
import { openBucket, type Bucket } from '../../../src/platform/bucket/index.js';
import { loadConfig, type AppConfig } from '../../../src/platform/config/index.js';
import { createDataSource, query, withTransaction } from '../../../src/platform/database/index.js';
import { systemContext } from '../../../src/platform/http/index.js';
import { auditCheckpointKey, keyFolders, ServerKeyStore } from '../../../src/replication/format/index.js';
import { sealingOptionsOf } from '../../../src/server-options.js';
import { createPrimaryDatabase, makeTempFolder, type TestDatabase } from '../../support/index.js';

export const origin = 'holdfast-audit/acme';

export interface AuditWorld {
  database: TestDatabase;
  app: DataSource;
  config: AppConfig;
  folder: string;
  bucket: Bucket;
  audit: AuditTrail;
  sealer: AuditSealer;
  proofs: AuditProofs;
  /** base64 */
  publicKey: string;
  /** writes entries with values in one transaction; answers their ids in the order of the tree */
  write(count: number, during?: (tx: QueryRunner) => Promise<void>): Promise<string[]>;
  /** writes, seals, and puts the checkpoint into the bucket */
  sealed(count: number): Promise<string[]>;
  /** SQL as a superuser who goes around the triggers */
  tamper(sql: string, values?: unknown[]): Promise<void>;
  /** as `holdfast audit verify` does */
  verify(withBucket?: boolean): ReturnType<typeof runVerification>;
  end(): Promise<void>;
}

export async function openAuditWorld(): Promise<AuditWorld> {
  const database = await createPrimaryDatabase();
  const folder = await makeTempFolder('audit');
  const bucketUrl = pathToFileURL(join(folder, 'bucket')).href;
  const config = loadConfig({
    env: {
      HOLDFAST_ROLE: 'primary',
      DATABASE_URL: database.urls.app,
      HOLDFAST_QUEUE_DATABASE_URL: database.urls.queue,
      HOLDFAST_KEYS_FOLDER: folder,
      HOLDFAST_TENANT_ID: 'acme',
    },
  });
  const settings = { url: database.urls.app, entities: [], poolSize: 12, applicationName: 'audit test' };
  const app = await createDataSource(settings).initialize();
  const audit = new AuditTrail(app, { keysFolder: keyFolders(folder).server });
  await audit.onModuleInit();
  const bucket = openBucket(bucketUrl);
  const sealer = new AuditSealer(app, sealingOptionsOf(config));
  const world = { database, app, config, folder, bucket, audit, sealer, proofs: new AuditProofs(app) };
  const write: AuditWorld['write'] = (count, during) => writeEntries(world, count, during);
  return {
    ...world,
    publicKey: await new ServerKeyStore(keyFolders(folder).server).auditKey(),
    write,
    sealed: async (count) => {
      const ids = await write(count);
      await sealer.seal();
      const { size, note } = await world.proofs.checkpoint();
      await bucket.put(auditCheckpointKey(size), Buffer.from(note));
      return ids;
    },
    tamper: (sql, values) => tamper(database, sql, values),
    verify: (withBucket = true) =>
      runVerification(
        config,
        { bucket: withBucket ? { url: bucketUrl, options: {} } : null, root: null },
        () => undefined,
      ),
    end: async () => {
      await bucket.close();
      await app.destroy();
      await database.drop();
    },
  };
}

async function writeEntries(
  { app, audit }: { app: DataSource; audit: AuditTrail },
  count: number,
  during: (tx: QueryRunner) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const ctx = { ...systemContext('audit test'), requestId: randomUUID(), ip: '192.0.2.7' };
  const entries = Array.from({ length: count }, (_, n) => ({
    ...{ action: 'create', type: 'contact', recordId: randomUUID(), fieldNames: ['lastName'] },
    ...{ before: null, after: { lastName: `Smörgås ${String(n)}` }, isFirstOfSubject: true },
  }));
  await withTransaction(app, async (tx) => {
    await audit.append(tx, ctx, entries);
    await during(tx);
  });
  const rows = await query<{ id: string }>(
    app,
    'SELECT id FROM audit.leaf WHERE request_id = $1 ORDER BY at, id',
    [ctx.requestId],
  );
  return rows.map(({ id }) => id);
}

async function tamper(database: TestDatabase, sql: string, values: unknown[] = []): Promise<void> {
  const client = await database.admin.connect();
  try {
    await client.query('SET session_replication_role = replica');
    const { rowCount } = await client.query(sql, values);
    if (rowCount === 0) throw new Error(`nothing was touched by: ${sql}`);
  } finally {
    await client.query('RESET session_replication_role');
    client.release();
  }
}
