import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { AccessModule } from './access/index.js';
import { AuditModule } from './audit/index.js';
import { CrmModule } from './crm/index.js';
import { ImportsModule } from './imports/index.js';
import {
  auditKeysFolder,
  installationOf,
  programVersion,
  publicUrlOf,
  type AppConfig,
} from './platform/config/index.js';
import { HealthModule } from './platform/health/index.js';
import { QueueModule } from './platform/queue/index.js';
import { RecordsModule } from './records/index.js';
import { CloudModule } from './replication/cloud/index.js';
import { ServerDatabase } from './server-database.js';

/** What a server on premises is made of. */
@Module({})
export class PrimaryModule {
  static forConfig(config: AppConfig, dataSource: DataSource): DynamicModule {
    return {
      module: PrimaryModule,
      imports: [
        HealthModule,
        ServerDatabase.forDataSource(dataSource),
        QueueModule.forRoot(),
        AuditModule.forRoot({ keysFolder: auditKeysFolder(config) }),
        AccessModule.forRoot({
          role: 'primary',
          installation: installationOf(config),
          publicUrl: publicUrlOf(config),
          version: programVersion,
        }),
        RecordsModule.forRoot({ isReadOnly: false }),
        CrmModule,
        CloudModule.forRoot({ maintainerUrl: config.database.maintainerUrl }),
        ImportsModule.forRoot({ folder: join(config.files.folder, 'imports') }),
      ],
    };
  }
}
