export { timedExternalCall, type ExternalCallOptions } from './external-call.js';
export {
  dependencyUp,
  httpDuration,
  jobDuration,
  jobsDead,
  metrics,
  queueDepth,
  startProcessMetrics,
} from './metrics.js';
