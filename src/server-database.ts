import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { AppConfig } from './platform/config/index.js';
import { createDataSource, migrate, pendingMigrations } from './platform/database/index.js';
import { HealthModule, HealthRegistry } from './platform/health/index.js';

/** Makes the connected data source of a server injectable, watches it, and closes it last. */
@Module({ imports: [HealthModule] })
export class ServerDatabase implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    health: HealthRegistry,
  ) {
    health.register('database', () => dataSource.query('SELECT 1'));
    health.register('migrations', () => demandCurrentSchema(dataSource));
  }

  static forDataSource(dataSource: DataSource): DynamicModule {
    return {
      module: ServerDatabase,
      global: true,
      providers: [{ provide: DataSource, useValue: dataSource }],
      exports: [DataSource],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.dataSource.destroy();
  }
}

/**
 * Connects, after bringing the schema up to date where the configuration names the owner.
 * @throws where the database does not answer or lacks migrations; the caller tries again
 */
export async function connectDatabase(config: AppConfig): Promise<DataSource> {
  const { ownerUrl, url, poolSize } = config.database;
  const role = config.role === 'replica' ? 'replica' : 'primary';
  if (ownerUrl !== null) await migrate(ownerUrl, role);
  const dataSource = createDataSource({ url, entities: [], poolSize, applicationName: `holdfast ${role}` });
  await dataSource.initialize();
  try {
    await demandCurrentSchema(dataSource);
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

/** `code` is what /readyz shows. */
class MigrationsPending extends Error {
  readonly code = 'migrations-pending';
  constructor(names: readonly string[]) {
    super(`the database lacks ${names.length} migrations; run \`holdfast migrate\``);
  }
}

async function demandCurrentSchema(dataSource: DataSource): Promise<void> {
  const pending = await pendingMigrations(dataSource);
  if (pending.length > 0) throw new MigrationsPending(pending);
}
