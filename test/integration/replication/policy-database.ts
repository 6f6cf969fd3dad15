import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { AuditTrail } from '../../../src/audit/index.js';
import { auditKeysFolder, type AppConfig } from '../../../src/platform/config/index.js';
import '../../../src/crm/index.js';
import { createDataSource } from '../../../src/platform/database/index.js';
import { systemContext, type RequestContext } from '../../../src/platform/http/index.js';
import { activatePolicy, bootstrapPolicy, proposePolicy } from '../../../src/replication/policy/index.js';
import { createPrimaryDatabase, makeTempFolder, type TestDatabase } from '../../support/index.js';

/** A primary's database with its maintainer and its connector, for tests of policies. */
export interface PolicyDatabase {
  database: TestDatabase;
  app: DataSource;
  maintainer: DataSource;
  audit: AuditTrail;
  /** as holdfast_connector */
  connector: pg.Pool;
  /** runs SQL as the superuser */
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** puts a policy into force as the installation does, or by two people where one is in force */
  activate(yaml: string): Promise<void>;
  /** inserts a row and answers its id */
  insert(table: string, values: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

export const personContext = (userId: string): RequestContext => ({
  requestId: `test-${randomUUID()}`,
  principal: { kind: 'user', userId, roles: ['admin'], name: 'test' },
  ip: null,
});

/** The database of a server that runs already, and where its keys are. */
export interface RunningPrimary {
  database: TestDatabase;
  config: AppConfig;
}

/** @param existing its server drops its database; a new one is made where it is left out */
export async function openPolicyDatabase(existing?: RunningPrimary): Promise<PolicyDatabase> {
  const database = existing?.database ?? (await createPrimaryDatabase());
  const open = async (url: string) =>
    createDataSource({ url, entities: [], applicationName: 'policy test', poolSize: 3 }).initialize();
  const [app, maintainer] = await Promise.all([open(database.urls.app), open(database.urls.maintainer)]);
  const audit = new AuditTrail(app, {
    keysFolder: existing ? auditKeysFolder(existing.config) : await makeTempFolder('keys'),
  });
  await audit.onModuleInit();
  const connector = new pg.Pool({
    connectionString: database.urls.connector,
    max: 3,
    options: '-c timezone=UTC',
  });
  connector.on('error', () => undefined); // `drop` ends idle connections from the server's side
  let version = 0;
  return {
    ...{ database, app, maintainer, audit, connector },
    sql: async (text, values) => (await database.admin.query<Record<string, unknown>>(text, values)).rows,
    activate: async (yaml) => {
      version += 1;
      const text = `version: ${String(version)}\n${yaml}`;
      if (version === 1) {
        await bootstrapPolicy(maintainer, audit, systemContext('test'), text, 'first policy of a test');
        return;
      }
      await proposePolicy(app, audit, personContext(randomUUID()), text, 'a test changes it');
      await activatePolicy(maintainer, audit, personContext(randomUUID()), version);
    },
    insert: async (table, values) => {
      const row = { id: randomUUID(), created_at: new Date(), updated_at: new Date(), version: 1, ...values };
      const names = Object.keys(row);
      await database.admin.query(
        `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
        Object.values(row),
      );
      return row.id;
    },
    close: async () => {
      await connector.end();
      await Promise.all([app.destroy(), maintainer.destroy()]);
      if (!existing) await database.drop();
    },
  };
}
