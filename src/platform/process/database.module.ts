import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../config/index.js';
import { createDataSource, pendingMigrations } from '../database/index.js';
import { Unavailable } from '../errors/index.js';
import { HealthRegistry } from '../health/index.js';

const MIGRATIONS_LOOK_MS = 60_000;

/** The process's DataSource, connected before anything that asks for it; its pool mends itself afterwards. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  private migrationsSeenAt = 0;

  constructor(
    private readonly dataSource: DataSource,
    health: HealthRegistry,
  ) {
    health.register('database', () => dataSource.query('SELECT 1'));
    health.register('migrations', () => this.checkMigrations());
  }

  static forRoot(): DynamicModule {
    const provider = {
      provide: DataSource,
      inject: [AppConfig],
      useFactory: ({ database, role }: AppConfig) => {
        const { url, poolSize } = database;
        return createDataSource({
          url,
          poolSize,
          entities: [],
          applicationName: `holdfast ${role}`,
        }).initialize();
      },
    };
    return { module: DatabaseModule, global: true, providers: [provider], exports: [DataSource] };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  /** A schema that was right a minute ago is not asked about again; one that is behind is, until it is right. */
  private async checkMigrations(): Promise<void> {
    if (Date.now() - this.migrationsSeenAt < MIGRATIONS_LOOK_MS) return;
    if ((await pendingMigrations(this.dataSource)).length > 0) throw new MigrationsPending();
    this.migrationsSeenAt = Date.now();
  }
}

/** 503: the program is newer than its database. `holdfast migrate` helps, or `database.ownerUrl`. */
export class MigrationsPending extends Unavailable {
  constructor() {
    super('migrations_pending', { detail: 'The database waits for its migrations: run holdfast migrate.' });
  }
}
