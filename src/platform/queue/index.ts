export { UnrecoverableError } from 'bullmq';
export { DeadLetters, type DeadJob, type DeadJobPage } from './dead-letters.service.js';
export { defineJob, type JobDefinition } from './job-definition.js';
export { JobHandler, type JobHandlerClass, type RunningJob } from './job-handler.decorator.js';
export { JobQueue, type JobOptions } from './job-queue.service.js';
export { QueueModule } from './queue.module.js';
export { DeadJobNotFound, JobWiringError, QueueUnavailable } from './queue.errors.js';
export { redisOptions } from './redis-address.js';
