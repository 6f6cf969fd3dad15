import { Module, type DynamicModule } from '@nestjs/common';
import { ImportFiles } from './files/import-files.js';
import { ImportJanitor } from './files/import.janitor.js';
import { ImportsAudit } from './imports.audit.js';
import { ImportsController } from './imports.controller.js';
import { IMPORT_OPTIONS, type ImportOptions } from './imports.options.js';
import { ImportsService } from './imports.service.js';
import { QueueModule } from '../platform/queue/index.js';
import { runImport } from './run/import.job.js';
import { ImportAttempt } from './run/import.attempt.js';
import { ImportBatch } from './run/import.batch.js';
import { ImportHolding } from './run/import.holding.js';
import { ImportPermit } from './run/import.permit.js';
import { ImportRunner } from './run/import.runner.js';
import { ImportStore } from './run/import.store.js';
import { ImportWorker } from './run/import.worker.js';
import { MappedFields } from './run/mapped-fields.js';
import { RecordSearch } from './run/record-search.js';
import { ReferenceFinder } from './run/reference-finder.js';

/** Files into records. Needs the record engine, access and the queue in the application. */
@Module({})
export class ImportsModule {
  static forRoot(options: ImportOptions): DynamicModule {
    return {
      module: ImportsModule,
      imports: [QueueModule.forFeature(runImport)],
      controllers: [ImportsController],
      providers: [
        { provide: IMPORT_OPTIONS, useValue: options },
        ImportsService,
        ImportsAudit,
        ImportFiles,
        ImportJanitor,
        ImportStore,
        ImportHolding,
        ImportPermit,
        RecordSearch,
        ReferenceFinder,
        MappedFields,
        ImportBatch,
        ImportRunner,
        ImportAttempt,
        ImportWorker,
      ],
    };
  }
}
