import { Gauge } from 'prom-client';
import { metrics } from '../../platform/metrics/index.js';

export const replicaLagSeconds = new Gauge({
  name: 'holdfast_replica_lag_seconds',
  help: 'Age of the state that this replica shows',
  registers: [metrics],
});
export const replicaPosition = new Gauge({
  name: 'holdfast_replica_applied_position',
  help: 'Generation and number of the batch applied last',
  labelNames: ['of'] as const,
  registers: [metrics],
});
export const replicaRefusing = new Gauge({
  name: 'holdfast_replica_refusing',
  help: '1 while the bucket or what lies in it is refused and an older state is served',
  registers: [metrics],
});
