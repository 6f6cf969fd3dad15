import { join } from 'node:path';
import { IsIn } from 'class-validator';
import {
  BucketConfig,
  ConnectorConfig,
  DatabaseConfig,
  FilesConfig,
  KeysConfig,
  QueueConfig,
  ReplicaConfig,
  TenantConfig,
} from './data.config.js';
import { HttpConfig, LogConfig, MetricsConfig, WebConfig } from './http.config.js';
import { Section, Setting } from './setting.decorator.js';

export const ROLES = ['primary', 'replica', 'connector'] as const;
export type Role = (typeof ROLES)[number];

/** Everything a process of Holdfast can be told. Made by `loadConfig` only, deeply frozen. */
export class AppConfig {
  @Setting('text', `one of ${ROLES.join(', ')}`)
  @IsIn(ROLES)
  readonly role: Role = 'primary';

  @Section(HttpConfig)
  readonly http: HttpConfig = new HttpConfig();

  @Section(DatabaseConfig)
  readonly database: DatabaseConfig = new DatabaseConfig();

  @Section(QueueConfig)
  readonly queue: QueueConfig = new QueueConfig();

  @Section(BucketConfig)
  readonly bucket: BucketConfig = new BucketConfig();

  @Section(TenantConfig)
  readonly tenant: TenantConfig = new TenantConfig();

  @Section(KeysConfig)
  readonly keys: KeysConfig = new KeysConfig();

  @Section(FilesConfig)
  readonly files: FilesConfig = new FilesConfig();

  @Section(ReplicaConfig)
  readonly replica: ReplicaConfig = new ReplicaConfig();

  @Section(ConnectorConfig)
  readonly connector: ConnectorConfig = new ConnectorConfig();

  @Section(WebConfig)
  readonly web: WebConfig = new WebConfig();

  @Section(LogConfig)
  readonly log: LogConfig = new LogConfig();

  @Section(MetricsConfig)
  readonly metrics: MetricsConfig = new MetricsConfig();
}

/** Where people reach this server, without a slash at the end. */
export function publicUrlOf(config: AppConfig): string {
  return config.http.publicUrl?.replace(/\/$/, '') ?? `http://localhost:${config.http.port}`;
}

/** The encrypted files of attachments, for the server that writes them and the connector that reads selected ones. */
export function fileStoreFolderOf(config: AppConfig): string {
  return join(config.files.folder, 'store');
}

/** Names this server among those behind one host name; part of the session cookie's name. */
export function installationOf(config: AppConfig): string {
  if (config.tenant.installation !== null) return config.tenant.installation;
  return config.role === 'replica' ? `${config.tenant.id}-${config.replica.name}` : config.tenant.id;
}

/** Where a server keeps the key that its audit is sealed under; on a replica another one than on premises. */
export function auditKeysFolder(config: AppConfig): string {
  const host = config.role === 'replica' ? join('replica', config.replica.name) : 'server';
  return join(config.keys.folder, host);
}

/** Where the ledger of erasures lies, outside the database. */
export function erasureFolderOf(config: AppConfig): string {
  return config.files.erasureFolder ?? join(config.files.folder, 'erasures');
}

/** Where the server keeps the key that wraps the keys of stored files. */
export function fileKeyOf(config: AppConfig): string {
  return config.files.keyFile ?? join(config.keys.folder, 'server', 'files.key');
}
