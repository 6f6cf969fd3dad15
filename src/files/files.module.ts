import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { QueueModule } from '../platform/queue/index.js';
import { AttachmentsController } from './attachments.controller.js';
import { Attachments } from './attachments.service.js';
import { AttachmentContentController } from './content/attachment-content.controller.js';
import { ATTACHMENT_CONTENTS, type AttachmentContents } from './content/attachment-contents.port.js';
import { LocalContents } from './content/local-contents.js';
import { ReadAudit } from './content/read-audit.service.js';
import { FilesAudit } from './files.audit.js';
import { FILE_STORE, FILES_OPTIONS, type FilesOptions } from './files.options.js';
import { FILE_KEY_WRAPPER, type FileKeyWrapper } from './grants/file-key-wrapper.port.js';
import { FileGrants } from './grants/file-grants.service.js';
import { GrantRequests } from './grants/grant-requests.service.js';
import { grantFiles } from './grants/grant.job.js';
import { GrantWorker } from './grants/grant.worker.js';
import { openStore } from './open-store.js';
import { RecordAttachmentsController } from './record-attachments.controller.js';
import { AttachmentRows } from './rows/attachment-rows.service.js';
import { Uploads } from './upload/uploads.service.js';
import { FileUpkeep } from './upkeep/file-upkeep.service.js';
import { upkeepFiles } from './upkeep/upkeep.job.js';
import { UpkeepWorker } from './upkeep/upkeep.worker.js';

/** Fixed segments first, so that `attachments` is never taken for the plural of a record type. */
const controllers = [AttachmentContentController, AttachmentsController, RecordAttachmentsController];
const everywhere = [AttachmentRows, Attachments, Uploads, FilesAudit, ReadAudit, GrantRequests];

/** Files on records. Needs the record engine, audit and access in the application, and on premises the queue. */
@Module({})
export class FilesModule {
  static forPrimary(options: FilesOptions, wrapper: FileKeyWrapper): DynamicModule {
    const providers: Provider[] = [
      { provide: FILES_OPTIONS, useValue: options },
      { provide: FILE_KEY_WRAPPER, useValue: wrapper },
      {
        provide: FILE_STORE,
        inject: [DataSource],
        useFactory: (dataSource: DataSource) => openStore(dataSource, options),
      },
      { provide: ATTACHMENT_CONTENTS, useClass: LocalContents },
      ...[FileGrants, GrantWorker, FileUpkeep, UpkeepWorker],
    ];
    return {
      module: FilesModule,
      imports: [QueueModule.forFeature(grantFiles, upkeepFiles)],
      controllers,
      providers: [...providers, ...everywhere],
    };
  }

  /** Reads only; content comes from `contents`, a provider of the application. */
  static forReplica(
    options: Pick<FilesOptions, 'labels' | 'maxBytes'>,
    contents: Type<AttachmentContents>,
  ): DynamicModule {
    const providers: Provider[] = [
      { provide: FILES_OPTIONS, useValue: options },
      { provide: FILE_STORE, useValue: null },
      { provide: ATTACHMENT_CONTENTS, useExisting: contents },
    ];
    return { module: FilesModule, controllers, providers: [...providers, ...everywhere] };
  }
}
