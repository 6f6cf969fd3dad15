import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One registry for the process; what a module measures it registers here. */
export const metrics = new Registry();

/** Begins to watch event loop, memory and garbage collection. Safe to call again. */
export function startProcessMetrics(): void {
  if (metrics.getSingleMetric('process_start_time_seconds') === undefined)
    collectDefaultMetrics({ register: metrics });
}

/** By route template, never by path: ids would make one series per record. */
export const httpDuration = new Histogram({
  name: 'holdfast_http_request_duration_seconds',
  help: 'Time from the first byte of a request to the end of its answer',
  labelNames: ['method', 'route', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [metrics],
});

export const externalCallDuration = new Histogram({
  name: 'holdfast_external_call_duration_seconds',
  help: 'One attempt of a call to something outside this process',
  labelNames: ['call', 'outcome'] as const,
  buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
  registers: [metrics],
});

export const jobDuration = new Histogram({
  name: 'holdfast_job_duration_seconds',
  help: 'One attempt of a job',
  labelNames: ['job', 'outcome'] as const,
  buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60, 300],
  registers: [metrics],
});

export const jobsDead = new Counter({
  name: 'holdfast_jobs_dead_total',
  help: 'Jobs that failed for good',
  labelNames: ['job'] as const,
  registers: [metrics],
});

export const queueDepth = new Gauge({
  name: 'holdfast_queue_jobs',
  help: 'Jobs by state, as of the last look',
  labelNames: ['job', 'state'] as const,
  registers: [metrics],
});

export const dependencyUp = new Gauge({
  name: 'holdfast_dependency_up',
  help: '1 while the check of /readyz passes',
  labelNames: ['check'] as const,
  registers: [metrics],
});
