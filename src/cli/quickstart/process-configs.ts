import { join } from 'node:path';
import { stringify } from 'yaml';
import type { DatabaseRole } from '../../platform/database/index.js';
import { writeSecretFile, type Home, type HomeState } from './home.js';

export interface Ports {
  readonly database: number;
  readonly primary: number;
  readonly replica: number;
}

export const databaseNames = {
  primary: 'holdfast',
  replica: 'holdfast_replica',
  queue: 'holdfast_queue',
} as const;

export function databaseUrl(state: HomeState, port: number, role: DatabaseRole, database: string): string {
  return `postgresql://${role}:${state.passwords[role]}@127.0.0.1:${port}/${database}`;
}

/**
 * Writes one config file per process. Each holds only the database roles that its process needs: a leak in the
 * connector must not hand out the server's password.
 */
export async function writeProcessConfigs(
  home: Home,
  state: HomeState,
  ports: Ports,
  webFolder: string,
): Promise<void> {
  const url = (role: DatabaseRole, database: string): string =>
    databaseUrl(state, ports.database, role, database);
  const bucket = { url: home.bucketUrl };
  const queue = { databaseUrl: url('holdfast_queue', databaseNames.queue) };
  const web = { folder: webFolder };
  const configs: Record<string, object> = {
    server: {
      role: 'primary',
      http: { host: '127.0.0.1', port: ports.primary },
      database: {
        url: url('holdfast_app', databaseNames.primary),
        ownerUrl: url('holdfast_owner', databaseNames.primary),
        maintainerUrl: url('holdfast_maintainer', databaseNames.primary),
      },
      tenant: { id: state.tenant, installation: state.installation },
      keys: { folder: home.keysFolder },
      files: { folder: join(home.folder, 'files') },
      ...{ queue, bucket, web },
    },
    connector: {
      role: 'connector',
      // health and metrics only
      http: { host: '127.0.0.1', port: 0 },
      database: { url: url('holdfast_connector', databaseNames.primary) },
      tenant: { id: state.tenant, installation: state.installation },
      keys: { folder: home.keysFolder },
      connector: { pollMs: 250, spoolFolder: join(home.folder, 'spool') },
      ...{ queue, bucket },
    },
    replica: {
      role: 'replica',
      http: { host: '127.0.0.1', port: ports.replica },
      database: {
        url: url('holdfast_replica_app', databaseNames.replica),
        applyUrl: url('holdfast_replica_apply', databaseNames.replica),
        ownerUrl: url('holdfast_owner', databaseNames.replica),
      },
      tenant: { id: state.tenant, installation: `${state.installation}-replica-1` },
      keys: { folder: home.keysFolder },
      replica: { name: 'replica-1', pollMs: 250 },
      ...{ bucket, web },
    },
  };
  for (const [name, config] of Object.entries(configs))
    await writeSecretFile(home.config(name), stringify(config));
}
