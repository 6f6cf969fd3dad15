import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/index.js';
import { AuditModule } from './audit/index.js';
import { CrmModule } from './crm/index.js';
import { DatabaseModule } from './platform/process/index.js';
import { auditKeysFolder, type AppConfig } from './platform/config/index.js';
import { HealthModule } from './platform/health/index.js';
import { FilesModule } from './files/index.js';
import { RecordsModule } from './records/index.js';
import { AttachmentOpener, ReplicaModule } from './replication/replica/index.js';
import { accessOptionsOf } from './server-options.js';

/** What a cloud replica is made of: the same CRM over its own database, with every write refused. */
@Module({})
export class ReplicaServerModule {
  static forConfig(config: AppConfig): DynamicModule {
    return {
      module: ReplicaServerModule,
      imports: [
        HealthModule,
        DatabaseModule.forRoot(),
        AuditModule.forRoot({ keysFolder: auditKeysFolder(config) }),
        AccessModule.forRoot(accessOptionsOf(config, 'replica')),
        RecordsModule.forRoot({ isReadOnly: true }),
        CrmModule,
        ReplicaModule,
        FilesModule.forReplica(
          { labels: config.files.labels, maxBytes: config.files.maxBytes },
          AttachmentOpener,
        ),
      ],
    };
  }
}
