import { randomBytes } from 'node:crypto';
import pg from 'pg';
import {
  bootstrapRoles,
  createDatabase,
  grantConnect,
  migrate,
  withAdvisoryLock,
  withClient,
  type DatabaseKind,
  type DatabaseRole,
  type RolePasswords,
} from '../../src/platform/database/index.js';
import { variables } from './services.js';

export interface TestDatabase {
  name: string;
  /** one per login role, and the superuser's */
  urls: {
    admin: string;
    owner: string;
    maintainer: string;
    app: string;
    connector: string;
    queue: string;
    replicaApply: string;
    replicaApp: string;
  };
  /** the superuser's connections to this database, for looking at what no role may see */
  admin: pg.Pool;
  /** ends every connection and removes the database */
  drop(): Promise<void>;
}

/** A migrated primary's database, empty and of the caller's own. */
export function createPrimaryDatabase(): Promise<TestDatabase> {
  return cloneTemplate('primary');
}

/** A migrated replica's database: the same schema with its constraints relaxed. */
export function createReplicaDatabase(): Promise<TestDatabase> {
  return cloneTemplate('replica');
}

/** An empty database without any schema, owned by `owner`: for queues and for tests of the migrations themselves. */
export async function createEmptyDatabase(owner: DatabaseRole = 'holdfast_owner'): Promise<TestDatabase> {
  const name = newName('empty');
  await createDatabase(adminUrl(), name, owner);
  return describe(adminUrl(), name);
}

/**
 * A migrated primary's database on a server that a test started for itself, to kill it, copy it or fill its disk.
 * @param server the superuser's URL; its login roles get the passwords of this run
 */
export async function createPrimaryDatabaseOn(server: string): Promise<TestDatabase> {
  await bootstrapRoles(server, rolePasswords());
  const database = describe(server, newName('primary'));
  await createDatabase(server, database.name);
  await migrate(database.urls.owner, 'primary');
  return database;
}

async function cloneTemplate(kind: DatabaseKind): Promise<TestDatabase> {
  const template = `holdfast_template_${kind}`;
  const name = newName(kind);
  await withClient(adminUrl(), 'holdfast tests', async (client) => {
    await withAdvisoryLock(client, templateLock, () => prepareTemplate(client, template, kind));
    await client.query(`CREATE DATABASE ${name} OWNER holdfast_owner TEMPLATE ${template}`);
  });
  const database = describe(adminUrl(), name);
  // a clone inherits everything but the rights on the database itself
  await withClient(database.urls.owner, 'holdfast tests', (client) => grantConnect(client, kind));
  return database;
}

const templateLock = 4_839_205_003;

/** Workers that come at the same time wait here for the first; a half-made template is made anew. */
async function prepareTemplate(client: pg.Client, template: string, kind: DatabaseKind): Promise<void> {
  const { rows } = await client.query<{ ready: boolean }>(
    'SELECT datistemplate AS ready FROM pg_database WHERE datname = $1',
    [template],
  );
  if (rows[0]?.ready) return;
  await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
  await createDatabase(adminUrl(), template);
  await migrate(roleUrl(adminUrl(), template, 'holdfast_owner'), kind);
  await client.query(`ALTER DATABASE ${template} IS_TEMPLATE true`);
}

function describe(server: string, name: string): TestDatabase {
  const urls = {
    admin: withDatabase(server, name),
    owner: roleUrl(server, name, 'holdfast_owner'),
    maintainer: roleUrl(server, name, 'holdfast_maintainer'),
    app: roleUrl(server, name, 'holdfast_app'),
    connector: roleUrl(server, name, 'holdfast_connector'),
    queue: roleUrl(server, name, 'holdfast_queue'),
    replicaApply: roleUrl(server, name, 'holdfast_replica_apply'),
    replicaApp: roleUrl(server, name, 'holdfast_replica_app'),
  };
  const admin = new pg.Pool({ connectionString: urls.admin, max: 4, options: '-c timezone=UTC' });
  admin.on('error', () => undefined); // `drop` ends idle connections from the server's side
  return { name, urls, admin, drop: () => drop(server, name, admin) };
}

async function drop(server: string, name: string, admin: pg.Pool): Promise<void> {
  await admin.end();
  await withClient(server, 'holdfast tests', async (client) => {
    // prepared transactions would keep the database, and no owner is left to finish them
    const { rows } = await client.query<{ gid: string }>(
      'SELECT gid FROM pg_prepared_xacts WHERE database = $1',
      [name],
    );
    if (rows.length > 0)
      await withClient(withDatabase(server, name), 'holdfast tests', async (own) => {
        for (const { gid } of rows) await own.query(`ROLLBACK PREPARED ${pg.escapeLiteral(gid)}`);
      });
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
}

const newName = (kind: string) => `holdfast_${kind}_${randomBytes(6).toString('hex')}`;

function adminUrl(): string {
  return required(variables.url);
}

/** The passwords that this run gave to the login roles. */
export function rolePasswords(): RolePasswords {
  return JSON.parse(required(variables.passwords)) as RolePasswords;
}

function roleUrl(server: string, database: string, role: DatabaseRole): string {
  const url = new URL(withDatabase(server, database));
  url.username = role;
  url.password = rolePasswords()[role];
  return url.href;
}

function withDatabase(address: string, database: string): string {
  const url = new URL(address);
  url.pathname = `/${database}`;
  return url.href;
}

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: only the projects integration, e2e and long start PostgreSQL`);
  return value;
}
