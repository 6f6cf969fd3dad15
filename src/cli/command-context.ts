import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AccessModule, type AccessOptions } from '../access/index.js';
import { AuditModule } from '../audit/index.js';
import '../crm/index.js';
import {
  auditKeysFolder,
  ConfigModule,
  installationOf,
  loadConfig,
  programVersion,
  publicUrlOf,
  type AppConfig,
} from '../platform/config/index.js';
import { createDataSource } from '../platform/database/index.js';
import { createLogger, LoggingModule, NestLogger } from '../platform/logging/index.js';

@Module({})
class DatabaseOfCommand {
  static forUrl(url: string): DynamicModule {
    const settings = { url, entities: [], poolSize: 2, applicationName: 'holdfast command' };
    const dataSource = { provide: DataSource, useFactory: () => createDataSource(settings).initialize() };
    return { module: DatabaseOfCommand, global: true, providers: [dataSource], exports: [DataSource] };
  }
}

@Module({})
class CommandModule {}

/**
 * Runs `work` with the services that look after people and tokens, on the database that a config file names: the way in
 * when nobody can sign in any more. The work is audited as the command line's.
 */
export async function withCommandContext<T>(
  configFile: string,
  work: (context: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ file: configFile });
  const log = createLogger({ level: 'warn', name: 'cli' });
  const root: DynamicModule = {
    module: CommandModule,
    imports: [
      ConfigModule.forRoot(config),
      LoggingModule.forRoot(log),
      DatabaseOfCommand.forUrl(urlFor(config)),
      AuditModule.forRoot({ keysFolder: auditKeysFolder(config) }),
      AccessModule.forCommands(accessOptions(config)),
    ],
  };
  const context = await NestFactory.createApplicationContext(root, {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  try {
    return await work(context);
  } finally {
    const dataSource = context.get(DataSource);
    await context.close();
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** A replica's own account may only look at its tokens; making one is an administrator's work on that host. */
function urlFor({ role, database }: AppConfig): string {
  return role === 'replica' ? (database.ownerUrl ?? database.url) : database.url;
}

function accessOptions(config: AppConfig): AccessOptions {
  const role = config.role === 'replica' ? 'replica' : 'primary';
  return {
    role,
    installation: installationOf(config),
    publicUrl: publicUrlOf(config),
    version: programVersion,
  };
}
