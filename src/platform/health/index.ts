export { HealthModule } from './health.module.js';
export {
  HealthRegistry,
  type CheckOptions,
  type CheckReport,
  type ReadinessReport,
} from './health-registry.js';
