import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/index.js';
import { AuditModule } from './audit/index.js';
import { CrmModule, TagWorkModule } from './crm/index.js';
import { ImportsModule } from './imports/index.js';
import { ErasureModule } from './privacy/index.js';
import { FilesModule } from './files/index.js';
import { BucketHealth } from './bucket-health.js';
import { DatabaseModule } from './platform/process/index.js';
import { auditKeysFolder, erasureFolderOf, type AppConfig } from './platform/config/index.js';
import { OperationsModule } from './operations/index.js';
import { HealthModule } from './platform/health/index.js';
import { QueueModule } from './platform/queue/index.js';
import { RecordsModule } from './records/index.js';
import { CloudModule } from './replication/cloud/index.js';
import { accessOptionsOf, fileKeyWrapperOf, filesOptionsOf, sealingOptionsOf } from './server-options.js';

/** What a server on premises is made of. */
@Module({})
export class PrimaryModule {
  static forConfig(config: AppConfig): DynamicModule {
    return {
      module: PrimaryModule,
      imports: [
        HealthModule,
        DatabaseModule.forRoot(),
        QueueModule.forRoot(),
        AuditModule.forRoot({ keysFolder: auditKeysFolder(config) }, sealingOptionsOf(config)),
        AccessModule.forRoot(accessOptionsOf(config, 'primary')),
        RecordsModule.forRoot({ isReadOnly: false }),
        CrmModule,
        FilesModule.forPrimary(filesOptionsOf(config), fileKeyWrapperOf(config)),
        TagWorkModule,
        OperationsModule,
        ImportsModule.forRoot({
          folder: join(config.files.folder, 'imports'),
          keepDays: config.files.keepImportsDays,
        }),
        ErasureModule.forRoot({
          folder: erasureFolderOf(config),
          keysFolder: auditKeysFolder(config),
          tenant: config.tenant.id,
          batchMinutes: config.files.erasureBatchMinutes,
        }),
        CloudModule.forRoot({ maintainerUrl: config.database.maintainerUrl }),
      ],
      providers: [BucketHealth],
    };
  }
}
