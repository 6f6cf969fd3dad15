export { ExternalCallTimeout, timedExternalCall, type ExternalCallOptions } from './external-call.js';
export {
  dependencyUp,
  externalCallDuration,
  httpDuration,
  jobDuration,
  jobsDead,
  metrics,
  queueDepth,
  startProcessMetrics,
} from './metrics.js';
