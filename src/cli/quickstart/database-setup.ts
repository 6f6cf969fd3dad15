import { bootstrapRoles, createDatabase, migrate } from '../../platform/database/index.js';
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
