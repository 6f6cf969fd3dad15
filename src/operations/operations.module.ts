import { Module } from '@nestjs/common';
import { DeadJobsController } from './jobs/dead-jobs.controller.js';

/** What administrators look after in a running system. */
@Module({ controllers: [DeadJobsController] })
export class OperationsModule {}
