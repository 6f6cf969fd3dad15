import pg from 'pg';
import { lockKeys, withAdvisoryLock, withClient } from './admin-client.js';
import { scramVerifier } from './scram.js';

/** The login roles of Holdfast; they belong to the whole PostgreSQL server, not to one database. */
export const databaseRoleNames = [
  'holdfast_owner',
  'holdfast_maintainer',
  'holdfast_app',
  'holdfast_connector',
  'holdfast_queue',
  'holdfast_replica_apply',
  'holdfast_replica_app',
] as const;
export type DatabaseRole = (typeof databaseRoleNames)[number];
export type RolePasswords = Record<DatabaseRole, string>;

export type DatabaseKind = 'primary' | 'replica';

/** Who may connect to which database; the owner may always. */
const guests: Record<DatabaseKind, readonly DatabaseRole[]> = {
  primary: ['holdfast_maintainer', 'holdfast_app', 'holdfast_connector'],
  replica: ['holdfast_maintainer', 'holdfast_replica_apply', 'holdfast_replica_app'],
};

/**
 * Creates the roles that are missing and sets every role's password and attributes, so that it can run at each start.
 * @param adminUrl a superuser, or a role that may create roles and databases
 */
export async function bootstrapRoles(adminUrl: string, passwords: RolePasswords): Promise<void> {
  await withClient(adminUrl, 'holdfast bootstrap', (client) =>
    withAdvisoryLock(client, lockKeys.bootstrap, async () => {
      for (const role of databaseRoleNames) await putRole(client, role, passwords[role]);
      await joinOwner(client);
    }),
  );
}

async function putRole(client: pg.Client, role: DatabaseRole, password: string): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${name} NOLOGIN`);
  const verifier = pg.escapeLiteral(scramVerifier(password));
  await client.query(`ALTER ROLE ${name} LOGIN NOCREATEDB NOCREATEROLE INHERIT PASSWORD ${verifier}`);
  const { rows } = await client.query<{ excess: boolean }>(
    `SELECT rolsuper OR rolreplication OR rolbypassrls AS excess FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  // only a superuser may take these away, and only a superuser can have given them
  if (rows[0]?.excess) await client.query(`ALTER ROLE ${name} NOSUPERUSER NOREPLICATION NOBYPASSRLS`);
}

/** An administrator of a managed PostgreSQL is no superuser and must be a member to create databases for a role. */
async function joinOwner(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ super: boolean }>(
    'SELECT rolsuper AS super FROM pg_roles WHERE rolname = current_user',
  );
  if (!rows[0]?.super) await client.query('GRANT holdfast_owner, holdfast_queue TO CURRENT_USER');
}

/**
 * Creates a database unless it is there. Nobody but its owner may connect until told otherwise.
 * @returns whether it was created now
 */
export async function createDatabase(
  adminUrl: string,
  name: string,
  owner: DatabaseRole = 'holdfast_owner',
): Promise<boolean> {
  return withClient(adminUrl, 'holdfast bootstrap', (client) =>
    withAdvisoryLock(client, lockKeys.bootstrap, async () => {
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      const isMissing = found.rowCount === 0;
      // ICU: names sort as people expect, and alike on every operating system
      if (isMissing)
        await client.query(
          `CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${pg.escapeIdentifier(owner)} TEMPLATE template0
           ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und'`,
        );
      await client.query(`REVOKE ALL ON DATABASE ${pg.escapeIdentifier(name)} FROM PUBLIC`);
      return isMissing;
    }),
  );
}

/** Lets the roles that work on a database of this kind connect, and no others. Run by the database's owner. */
export async function grantConnect(client: pg.Client, kind: DatabaseKind): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  const database = pg.escapeIdentifier(rows[0]?.name ?? '');
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${guests[other(kind)].join(', ')}`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${guests[kind].join(', ')}`);
  await client.query(`GRANT TEMPORARY ON DATABASE ${database} TO ${batchRole[kind]}`);
}

/** Who gathers a batch in temporary tables, so that its memory does not grow with the batch. */
const batchRole: Readonly<Record<DatabaseKind, DatabaseRole>> = {
  primary: 'holdfast_connector',
  replica: 'holdfast_replica_apply',
};

const other = (kind: DatabaseKind): DatabaseKind => (kind === 'primary' ? 'replica' : 'primary');
