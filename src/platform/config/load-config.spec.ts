import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  AppConfig,
  ConfigError,
  configFileOf,
  configKeys,
  installationOf,
  loadConfig,
  publicUrlOf,
} from './index.js';

const example = 'config/holdfast.example.yaml';
const enough = { DATABASE_URL: 'postgres://app:s3cret@db/holdfast', REDIS_URL: 'redis://:s3cret@cache' };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
function problemsOf(load: () => unknown): ConfigError {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('no ConfigError was thrown');
}

describe('the example file', () => {
  it('holds every key', () => {
    const tree: unknown = parse(readFileSync(example, 'utf8'));
    const at = (path: readonly string[]): unknown =>
      path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], tree);
    for (const { key, path } of configKeys()) expect([key, at(path)]).not.toEqual([key, undefined]);
  });

  it('parses to the defaults', () => {
    expect(loadConfig({ file: example, env: enough })).toEqual(loadConfig({ env: enough }));
    const { database: _database, queue: _queue, ...rest } = loadConfig({ file: example, env: enough });
    expect(new AppConfig()).toMatchObject(rest);
  });
});

describe('loadConfig', () => {
  it('lets the environment win over the file and the file over the defaults', () => {
    const path = file('a.yaml', 'http:\n  port: 9000\n  host: 0.0.0.0\n');
    const config = loadConfig({ file: path, env: { ...enough, HOLDFAST_HTTP_PORT: '9100' } });
    expect([config.http.port, config.http.host, config.http.limits.bodyBytes]).toEqual([
      9100,
      '0.0.0.0',
      1_048_576,
    ]);
  });

  it('reads secrets from files named by the environment and by the YAML', () => {
    const secret = file('url', 'postgres://app:x@db/h\n');
    file('redis', 'redis://cache\n');
    const path = file('b.yaml', 'queue:\n  redisUrlFile: redis\n');
    const config = loadConfig({ file: path, env: { DATABASE_URL_FILE: secret } });
    expect([config.database.url, config.queue.redisUrl]).toEqual(['postgres://app:x@db/h', 'redis://cache']);
  });

  it('is frozen through and through', () => {
    const config = loadConfig({ env: enough });
    expect(() => Object.assign(config.http.limits, { bodyBytes: 1 })).toThrow(TypeError);
  });

  it('names key, expectation and line of each wrong value, and never the value', () => {
    const path = file(
      'c.yaml',
      'http:\n  port: s3cret-port\n  trustedProxies: [10.0.0.0/99]\nlog:\n  level: s3cret\n',
    );
    const error = problemsOf(() =>
      loadConfig({ file: path, env: { ...enough, REDIS_URL: 'http://s3cret' } }),
    );
    expect(error.problems.map((p) => [p.key, p.where])).toEqual([
      ['http.port', `read from ${path}:2`],
      ['http.trustedProxies', `read from ${path}:3`],
      ['queue.redisUrl', 'read from environment REDIS_URL'],
      ['log.level', `read from ${path}:5`],
    ]);
    expect(error.message).toContain('should be a port from 0 (any free one) to 65535');
    expect(error.message).not.toContain('s3cret');
  });

  it('refuses unknown keys and variables and says what was probably meant', () => {
    const path = file('d.yaml', 'database:\n  poolsize: 3\nhtpp:\n  port: 1\n');
    const error = problemsOf(() => loadConfig({ file: path, env: { ...enough, HOLDFAST_LOG_LEVLE: 'x' } }));
    expect(error.message).toContain(
      'database.poolsize: should be a known key; did you mean database.poolSize?',
    );
    expect(error.problems.map((p) => p.key)).toEqual(['database.poolsize', 'htpp', 'HOLDFAST_LOG_LEVLE']);
    expect(error.message).toContain('did you mean HOLDFAST_LOG_LEVEL?');
  });

  it.each([
    ['http: "unclosed s3cret', '(file)'],
    ['http: {port: 1, port: 2}\n', '(file)'],
    ['- a\n- b\n', '(file)'],
    ['http: 12\n', 'http'],
    ['database: {url: "postgres://a/b", urlFile: /dev/null}\n', 'database.url'],
  ])('refuses the file %j', (text, key) => {
    const path = file('e.yaml', text);
    const error = problemsOf(() => loadConfig({ file: path, env: { ...enough } }));
    expect(error.problems[0]?.key).toBe(key);
    expect(error.problems[0]?.where).toContain(`${path}:1`);
    expect(error.message).not.toContain('s3cret');
  });

  it('says where a missing value could be set', () => {
    const error = problemsOf(() => loadConfig({ env: {} }));
    expect(error.problems[0]).toEqual({
      key: 'database.url',
      expectation: 'a postgres:// address',
      where: 'not set; database.url or HOLDFAST_DATABASE_URL or DATABASE_URL',
    });
  });

  it.each([
    [{ ...enough, HOLDFAST_ROLE: 'replica' }, ['bucket.url', 'database.applyUrl']],
    [{ ...enough, HOLDFAST_ROLE: 'connector' }, ['bucket.url']],
    [{ DATABASE_URL: 'postgres://a/b' }, ['queue.redisUrl']],
    [{ ...enough, HOLDFAST_HTTP_PUBLIC_URL: 'https://a.example/crm' }, ['http.publicUrl']],
    [{ ...enough, HOLDFAST_HTTP_LIMITS_REQUEST_TIMEOUT_MS: '1000' }, ['http.limits.requestTimeoutMs']],
    [{ ...enough, HOLDFAST_HTTP_PORT: '80.5' }, ['http.port']],
    [{ ...enough, HOLDFAST_METRICS_ENABLED: 'yes' }, ['metrics.enabled']],
    [{ ...enough, HOLDFAST_METRICS_TOKEN: 'short' }, ['metrics.token']],
    [{ ...enough, DATABASE_URL_FILE: '/none' }, ['database.url', '/none']],
  ])('refuses %j', (env, keys) => {
    expect(problemsOf(() => loadConfig({ env })).problems.map((p) => p.key)).toEqual(keys);
  });

  it('refuses a config file that is not there', () => {
    const error = problemsOf(() => loadConfig({ file: '/none.yaml', env: enough }));
    expect(error.message).toContain('/none.yaml: should be a readable config file (ENOENT)');
  });
});

it('finds the config file on the command line', () => {
  expect(configFileOf(['--config', 'a.yaml'])).toBe('a.yaml');
  expect(configFileOf(['x', '--config=b.yaml'])).toBe('b.yaml');
  expect(configFileOf(['x'])).toBeUndefined();
});

it('tells servers behind one host name apart', () => {
  const replica = {
    HOLDFAST_ROLE: 'replica',
    BUCKET_URL: 'file:///b',
    HOLDFAST_DATABASE_APPLY_URL: 'postgres://a/b',
  };
  const primary = loadConfig({ env: enough });
  expect(installationOf(loadConfig({ env: { ...enough, ...replica } }))).not.toBe(installationOf(primary));
  expect(publicUrlOf(primary)).toBe('http://localhost:8080');
});
