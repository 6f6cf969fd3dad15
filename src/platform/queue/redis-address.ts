import { readFileSync } from 'node:fs';
import type { RedisOptions } from 'ioredis';
import { ConfigError, type QueueConfig } from '../config/index.js';

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;

/**
 * What ioredis needs for `queue.redisUrl`, which is one of
 * `redis://[user:password@]host[:port][/database]`, the same with `rediss` for TLS, and
 * `redis+sentinel://[user:password@]host[:port],host[:port]…/group[/database]`, with `rediss+sentinel` for TLS on both.
 * @throws ConfigError where the file of `queue.redisCaFile` cannot be read
 */
export function redisOptions(config: Pick<QueueConfig, 'redisUrl' | 'redisCaFile'>): RedisOptions {
  const address = config.redisUrl ?? '';
  const [, scheme = '', userinfo, hosts = '', path = ''] =
    /^(rediss?(?:\+sentinel)?):\/\/(?:([^@/]*)@)?([^/]+)(?:\/(.*))?$/.exec(address) ?? [];
  const tls = scheme.startsWith('rediss') ? { tls: tlsOptions(config.redisCaFile) } : {};
  const account = accountOf(userinfo);
  if (!scheme.endsWith('+sentinel')) {
    const [server = { host: 'localhost', port: DEFAULT_PORT }] = serversOf(hosts, DEFAULT_PORT);
    return { ...server, ...account, ...databaseOf(path), ...tls };
  }
  const [group = '', database = ''] = path.split('/');
  const sentinels = serversOf(hosts, DEFAULT_SENTINEL_PORT);
  const secured = 'tls' in tls ? { ...tls, sentinelTLS: tls.tls, enableTLSForSentinelMode: true } : {};
  const sentinelAccount = account.password === undefined ? {} : { sentinelPassword: account.password };
  return {
    ...{ sentinels, name: decodeURIComponent(group) },
    ...account,
    ...sentinelAccount,
    ...databaseOf(database),
    ...secured,
  };
}

function serversOf(hosts: string, defaultPort: number): { host: string; port: number }[] {
  return hosts.split(',').map((each) => {
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(each) ?? [];
    return { host: bracketed ?? plain ?? '', port: port === undefined ? defaultPort : Number(port) };
  });
}

function accountOf(userinfo: string | undefined): { username?: string; password?: string } {
  if (userinfo === undefined || userinfo === '') return {};
  const [user = '', ...rest] = userinfo.split(':');
  const username = user === '' ? {} : { username: decodeURIComponent(user) };
  return rest.length === 0 ? username : { ...username, password: decodeURIComponent(rest.join(':')) };
}

const databaseOf = (text: string): { db?: number } => (/^\d+$/.test(text) ? { db: Number(text) } : {});

function tlsOptions(caFile: string | null): { ca?: string } {
  if (caFile === null) return {};
  try {
    return { ca: readFileSync(caFile, 'utf8') };
  } catch {
    const expectation = 'the path of a PEM file that this process can read';
    throw new ConfigError([{ key: 'queue.redisCaFile', expectation, where: caFile }]);
  }
}
