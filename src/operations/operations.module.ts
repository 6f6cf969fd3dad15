import { Module } from '@nestjs/common';
import { QueueModule } from '../platform/queue/index.js';
import { collectObjects, purgeGenerations, uploadAttachment } from '../replication/jobs/index.js';
import { AuditProofsController } from './audit/audit-proofs.controller.js';
import { DeadJobsController } from './jobs/dead-jobs.controller.js';

/** What administrators look after in a running system. */
@Module({
  // what the connector could not do waits in the same queue
  imports: [QueueModule.forProducers(collectObjects, purgeGenerations, uploadAttachment)],
  controllers: [DeadJobsController, AuditProofsController],
})
export class OperationsModule {}
