export {
  AppConfig,
  auditKeysFolder,
  erasureFolderOf,
  fileKeyOf,
  installationOf,
  publicUrlOf,
  fileStoreFolderOf,
  type Role,
} from './app-config.js';
export { ConfigModule } from './config.module.js';
export { ConfigError, EXIT_CONFIG, type ConfigProblem } from './config.errors.js';
export type {
  BucketConfig,
  ConnectorConfig,
  DatabaseConfig,
  FilesConfig,
  KeysConfig,
  QueueConfig,
  ReplicaConfig,
  TenantConfig,
} from './data.config.js';
export type { HttpConfig, HttpLimits, LogConfig, MetricsConfig, WebConfig } from './http.config.js';
export { configKeys, type ConfigKey } from './config-keys.js';
export { configFileOf, loadConfig, type LoadConfigOptions } from './load-config.js';
export { programVersion } from './program-version.js';
