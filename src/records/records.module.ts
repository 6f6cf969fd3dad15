import { Module, type DynamicModule } from '@nestjs/common';
import { CustomFieldRegistry } from './custom-fields/custom-field-registry.service.js';
import { CustomFieldsController } from './custom-fields/custom-fields.controller.js';
import { CustomFields } from './custom-fields/custom-fields.service.js';
import { RecordsController } from './http/records.controller.js';
import { SearchController } from './http/search.controller.js';
import { TypesController } from './http/types.controller.js';
import { ApiDocsController } from './openapi/api-docs.controller.js';
import { OpenApiService } from './openapi/openapi.service.js';
import { READ_ONLY } from './ports/access-policy.js';
import { RecordBehaviours } from './ports/record-behaviours.js';
import { RecordDeriver } from './record-deriver.service.js';
import { RecordReader } from './record-reader.service.js';
import { RecordWriter } from './record-writer.service.js';
import { RecordService } from './record.service.js';
import { GlobalSearch } from './search/global-search.service.js';
import { RecordDatabase } from './sql/record-database.js';
import { TypeViews } from './view/type-views.service.js';

export interface RecordsOptions {
  /** on a replica: every write is answered 405 */
  readonly isReadOnly: boolean;
}

/** The record engine. Needs DataSource, AuditModule and an ACCESS_POLICY in the application. */
@Module({})
export class RecordsModule {
  static forRoot(options: RecordsOptions): DynamicModule {
    return {
      module: RecordsModule,
      global: true,
      controllers: [
        TypesController,
        SearchController,
        CustomFieldsController,
        ApiDocsController,
        RecordsController,
      ],
      providers: [
        { provide: READ_ONLY, useValue: options.isReadOnly },
        RecordDatabase,
        CustomFieldRegistry,
        CustomFields,
        TypeViews,
        RecordReader,
        RecordWriter,
        RecordDeriver,
        RecordBehaviours,
        RecordService,
        OpenApiService,
        GlobalSearch,
      ],
      exports: [
        READ_ONLY,
        RecordBehaviours,
        RecordService,
        CustomFields,
        CustomFieldRegistry,
        OpenApiService,
        TypeViews,
      ],
    };
  }
}
