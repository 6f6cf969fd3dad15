import { Gauge } from 'prom-client';
import { metrics } from '../../platform/metrics/index.js';

// With a label, because a gauge without one shows 0 from the start, also on hosts that seal nothing.
const labelNames = ['origin'] as const;

export const sealedEntries = new Gauge({
  name: 'holdfast_audit_sealed_entries',
  help: 'Entries of the audit under a signed checkpoint',
  labelNames,
  registers: [metrics],
});

export const sealedTime = new Gauge({
  name: 'holdfast_audit_sealed_timestamp_seconds',
  help: 'When everything in the audit was last found or put under a signed checkpoint; at first the start of the server',
  labelNames,
  registers: [metrics],
});
