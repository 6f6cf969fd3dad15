import { Module } from '@nestjs/common';
import { AuditProofsController } from './audit/audit-proofs.controller.js';
import { DeadJobsController } from './jobs/dead-jobs.controller.js';

/** What administrators look after in a running system. */
@Module({ controllers: [DeadJobsController, AuditProofsController] })
export class OperationsModule {}
