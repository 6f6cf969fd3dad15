import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { JobDefinition } from './job-definition.js';
import { handlerMark, type JobHandlerClass } from './job-handler.decorator.js';
import { JobWiringError } from './queue.errors.js';

/** What a feature module declared with `QueueModule.forFeature` or `forProducers`. */
export class JobDeclarations {
  constructor(
    readonly jobs: readonly JobDefinition[],
    readonly isHandledHere: boolean,
  ) {}
}

export interface HandledJob {
  job: JobDefinition;
  handler: JobHandlerClass<object>;
}

/** Knows every job of this process and who handles it. */
@Injectable()
export class JobRegistry {
  private declarations: readonly JobDeclarations[] | null = null;

  constructor(private readonly discovery: DiscoveryService) {}

  /** Every job that this process may add, whether or not it handles it. */
  jobs(): readonly JobDefinition[] {
    const byName = new Map(
      this.declared().flatMap(({ jobs }) => jobs.map((job) => [job.name, job] as const)),
    );
    return [...byName.values()];
  }

  find(name: string): JobDefinition {
    const job = this.jobs().find((known) => known.name === name);
    if (!job) throw new JobWiringError(`no module declares the job ${name}`);
    return job;
  }

  /** @throws JobWiringError unless every job that is to be handled here has exactly one handler, and no other has. */
  handled(): readonly HandledJob[] {
    const handlers = new Map<string, JobHandlerClass<object>[]>();
    for (const wrapper of this.discovery.getProviders({ metadataKey: handlerMark.KEY })) {
      const name = this.discovery.getMetadataByDecorator(handlerMark, wrapper) ?? '';
      const instance = wrapper.instance as JobHandlerClass<object>;
      handlers.set(name, [...new Set([...(handlers.get(name) ?? []), instance])]);
    }
    const own = this.declared().filter(({ isHandledHere }) => isHandledHere);
    const jobs = [
      ...new Map(own.flatMap(({ jobs }) => jobs.map((job) => [job.name, job] as const))).values(),
    ];
    const mistakes = jobs
      .map(({ name }) => ({ name, count: handlers.get(name)?.length ?? 0 }))
      .filter(({ count }) => count !== 1)
      .map(({ name, count }) => `${name} has ${count} handlers`);
    const strangers = [...handlers.keys()].filter((name) => !jobs.some((job) => job.name === name));
    mistakes.push(...strangers.map((name) => `${name} has a handler but is not declared`));
    if (mistakes.length > 0)
      throw new JobWiringError(`each job needs exactly one handler: ${mistakes.join('; ')}`);
    return jobs.map((job) => ({ job, handler: only(handlers.get(job.name)) }));
  }

  private declared(): readonly JobDeclarations[] {
    this.declarations ??= this.discovery
      .getProviders()
      .map((wrapper) => wrapper.instance as unknown)
      .filter((instance) => instance instanceof JobDeclarations);
    return this.declarations;
  }
}

function only<T>(found: readonly T[] = []): T {
  const [one] = found;
  if (one === undefined) throw new JobWiringError('a job without a handler');
  return one;
}
