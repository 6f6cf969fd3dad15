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
  const surroundings: Surroundings = {
    ...{ home, state, ports, webFolder },
    url: (role, database) => databaseUrl(state, ports.database, role, databaseNames[database]),
  };
  const configs = {
    server: serverConfig(surroundings),
    connector: connectorConfig(surroundings),
    replica: replicaConfig(surroundings),
  };
  for (const [name, config] of Object.entries(configs))
    await writeSecretFile(home.config(name), stringify(config));
}

interface Surroundings {
  readonly home: Home;
  readonly state: HomeState;
  readonly ports: Ports;
  readonly webFolder: string;
  readonly url: (role: DatabaseRole, database: keyof typeof databaseNames) => string;
}

function serverConfig({ home, state, ports, webFolder, url }: Surroundings): object {
  return {
    role: 'primary',
    http: { host: '127.0.0.1', port: ports.primary },
    database: {
      url: url('holdfast_app', 'primary'),
      ownerUrl: url('holdfast_owner', 'primary'),
      maintainerUrl: url('holdfast_maintainer', 'primary'),
    },
    tenant: { id: state.tenant, installation: state.installation },
    keys: { folder: home.keysFolder },
    files: { folder: join(home.folder, 'files') },
    queue: { databaseUrl: url('holdfast_queue', 'queue') },
    bucket: { url: home.bucketUrl },
    web: { folder: webFolder },
  };
}

function connectorConfig({ home, state, url }: Surroundings): object {
  return {
    role: 'connector',
    // health and metrics only
    http: { host: '127.0.0.1', port: 0 },
    database: { url: url('holdfast_connector', 'primary') },
    tenant: { id: state.tenant, installation: state.installation },
    keys: { folder: home.keysFolder },
    // reads from it the files that the policy selects
    files: { folder: join(home.folder, 'files') },
    connector: { pollMs: 250, spoolFolder: join(home.folder, 'spool') },
    queue: { databaseUrl: url('holdfast_queue', 'queue') },
    bucket: { url: home.bucketUrl },
  };
}

function replicaConfig({ home, state, ports, webFolder, url }: Surroundings): object {
  return {
    role: 'replica',
    http: { host: '127.0.0.1', port: ports.replica },
    database: {
      url: url('holdfast_replica_app', 'replica'),
      applyUrl: url('holdfast_replica_apply', 'replica'),
      ownerUrl: url('holdfast_owner', 'replica'),
    },
    tenant: { id: state.tenant, installation: `${state.installation}-replica-1` },
    keys: { folder: home.keysFolder },
    replica: { name: 'replica-1', pollMs: 250 },
    bucket: { url: home.bucketUrl },
    web: { folder: webFolder },
  };
}
