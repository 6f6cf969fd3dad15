import { Module, type DynamicModule } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { AccessModule } from './access/index.js';
import { AuditModule } from './audit/index.js';
import { CrmModule } from './crm/index.js';
import {
  auditKeysFolder,
  installationOf,
  programVersion,
  publicUrlOf,
  type AppConfig,
} from './platform/config/index.js';
import { HealthModule } from './platform/health/index.js';
import { RecordsModule } from './records/index.js';
import { ReplicaModule } from './replication/replica/index.js';
import { ServerDatabase } from './server-database.js';

/** What a cloud replica is made of: the same CRM with every write refused, and a follower of the bucket. */
@Module({})
export class ReplicaServerModule {
  static forConfig(config: AppConfig, dataSource: DataSource): DynamicModule {
    return {
      module: ReplicaServerModule,
      imports: [
        HealthModule,
        ServerDatabase.forDataSource(dataSource),
        AuditModule.forRoot({ keysFolder: auditKeysFolder(config) }),
        AccessModule.forRoot({
          role: 'replica',
          installation: installationOf(config),
          publicUrl: publicUrlOf(config),
          version: programVersion,
        }),
        RecordsModule.forRoot({ isReadOnly: true }),
        CrmModule,
        ReplicaModule,
      ],
    };
  }
}
