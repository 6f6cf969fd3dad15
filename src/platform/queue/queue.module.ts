import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DeadLetters } from './dead-letters.service.js';
import type { JobDefinition } from './job-definition.js';
import { JobQueue } from './job-queue.service.js';
import { JobDeclarations, JobRegistry } from './job-registry.js';
import { JobWorkers } from './job-workers.service.js';
import { QueueConnection } from './queue-connection.js';

@Module({})
class JobsOfFeature {}

/** `forRoot()` once per process, `forFeature(runImport)` in each module that has a job. */
@Module({})
export class QueueModule {
  static forRoot(): DynamicModule {
    return {
      module: QueueModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [JobRegistry, QueueConnection, JobQueue, JobWorkers, DeadLetters],
      exports: [JobQueue, DeadLetters],
    };
  }

  /** Jobs that this process adds and handles: each needs exactly one `@JobHandler`, or the start fails. */
  static forFeature(...jobs: JobDefinition[]): DynamicModule {
    return declaring(new JobDeclarations(jobs, true));
  }

  /** Jobs that this process adds and another handles. */
  static forProducers(...jobs: JobDefinition[]): DynamicModule {
    return declaring(new JobDeclarations(jobs, false));
  }
}

function declaring(declarations: JobDeclarations): DynamicModule {
  const names = declarations.jobs.map(({ name }) => name).join();
  const token = `jobs:${declarations.isHandledHere ? 'handled' : 'added'}:${names}`;
  return { module: JobsOfFeature, providers: [{ provide: token, useValue: declarations }] };
}
