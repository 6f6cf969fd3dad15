import { Counter, Gauge, Histogram } from 'prom-client';
import { metrics } from '../../src/platform/metrics/index.js';

export const lanePosition = new Gauge({
  name: 'holdfast_publish_position',
  help: 'Last published generation and number',
  labelNames: ['part'] as const,
  registers: [metrics],
});

export const laneBacklog = new Gauge({
  name: 'holdfast_publish_backlog_changes',
  help: 'Changes that no published batch holds yet',
  registers: [metrics],
});

export const lagSeconds = new Histogram({
  name: 'holdfast_publish_lag_seconds',
  help: 'From the snapshot of a batch to its manifest in the bucket',
  buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300],
  registers: [metrics],
});

export const laneErrors = new Counter({
  name: 'holdfast_publish_errors_total',
  help: 'Turns of the publishing lane that failed, by code',
  labelNames: ['code'] as const,
  registers: [metrics],
});

export const brakeHeld = new Gauge({
  name: 'holdfast_publish_brake_held',
  help: 'Deletes that wait for a person because they are more than the policy lets pass; 0: none wait',
  registers: [metrics],
});

export const openTransactionAge = new Gauge({
  name: 'holdfast_publish_open_transaction_seconds',
  help: 'Age of the oldest transaction whose changes wait for its end, by kind: session, prepared; 0: none is open',
  labelNames: ['kind'] as const,
  registers: [metrics],
});
