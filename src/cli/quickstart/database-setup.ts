import { bootstrapRoles, createDatabase, migrate, withClient } from '../../platform/database/index.js';
import type { EmbeddedPostgres } from '../../platform/embedded/index.js';
import type { HomeState } from './home.js';
import { databaseNames, databaseUrl } from './process-configs.js';

/** Roles, the three databases and their schema. Everything here is idempotent, so it runs at every start. */
export async function prepareDatabases(
  state: HomeState,
  postgres: EmbeddedPostgres,
  progress: (text: string) => void,
): Promise<void> {
  progress('roles');
  await bootstrapRoles(postgres.url, state.passwords);
  await createDatabase(postgres.url, databaseNames.primary);
  await createDatabase(postgres.url, databaseNames.replica);
  await createDatabase(postgres.url, databaseNames.queue, 'holdfast_queue');
  for (const kind of ['primary', 'replica'] as const) {
    const ownerUrl = databaseUrl(state, postgres.port, 'holdfast_owner', databaseNames[kind]);
    await migrate(ownerUrl, kind, ({ name, step, of }) => {
      progress(`${kind} ${step}/${of} ${name}`);
    });
  }
}

/**
 * Thousands of rows have come at once. Until PostgreSQL looks at them by itself, which it does once a minute, it takes
 * the tables for empty, and reads the views of the policy by nested loops that run for minutes.
 * @param ownerUrl of the database on premises, as holdfast_owner
 */
export async function gatherStatistics(ownerUrl: string): Promise<void> {
  await withClient(ownerUrl, 'holdfast statistics', async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'crm' ORDER BY 1`,
    );
    await client.query(`ANALYZE ${rows.map(({ name }) => name).join(', ')}`);
  });
}
