import { Counter, Gauge, Histogram } from 'prom-client';
import { metrics } from '../../src/platform/metrics/index.js';

export const uploadSeconds = new Histogram({
  name: 'holdfast_attachment_upload_seconds',
  help: 'One attempt to bring a file into the bucket',
  labelNames: ['outcome'] as const,
  buckets: [0.05, 0.25, 1, 5, 15, 60, 300, 1800, 7200, 43_200],
  registers: [metrics],
});

export const uploadBytes = new Counter({
  name: 'holdfast_attachment_upload_bytes_total',
  help: 'Sealed bytes sent to the bucket, those of failed attempts included',
  registers: [metrics],
});

export const uploadFailures = new Counter({
  name: 'holdfast_attachment_upload_failures_total',
  help: 'Attempts that failed, by code',
  labelNames: ['code'] as const,
  registers: [metrics],
});

export const blobObjects = new Gauge({
  name: 'holdfast_attachment_files',
  help: 'Selected files by state',
  labelNames: ['state'] as const,
  registers: [metrics],
});

export const objectsRemoved = new Counter({
  name: 'holdfast_attachment_objects_removed_total',
  help: 'Objects that left the bucket, by reason',
  labelNames: ['reason'] as const,
  registers: [metrics],
});
