import { Module, type DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EraseSubject } from './erase-subject.command.js';
import { ErasureLedger, type ErasureLedgerOptions } from './erasure-ledger.js';
import { ErasureReplay } from './erasure-replay.service.js';
import { ErasuresController } from './erasures.controller.js';
import { ErasuresService, type ErasureOptions } from './erasures.service.js';

/** Erasing people for good. Needs DataSource, AuditTrail and LOGGER in the application. */
@Module({})
export class ErasureModule {
  static forRoot(options: ErasureLedgerOptions & ErasureOptions): DynamicModule {
    return {
      module: ErasureModule,
      controllers: [ErasuresController],
      providers: [
        EraseSubject,
        { provide: ErasureLedger, useFactory: () => new ErasureLedger(options) },
        {
          provide: ErasuresService,
          inject: [DataSource, EraseSubject, ErasureLedger],
          useFactory: (dataSource: DataSource, subject: EraseSubject, ledger: ErasureLedger) =>
            new ErasuresService(dataSource, subject, ledger, options),
        },
        ErasureReplay,
      ],
      exports: [ErasureReplay],
    };
  }
}
