import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../config/index.js';
import { redisOptions } from './redis-address.js';

const optionsOf = (redisUrl: string, redisCaFile: string | null = null) =>
  redisOptions({ redisUrl, redisCaFile });

describe('the address of Redis', () => {
  it.each([
    ['redis://cache', { host: 'cache', port: 6379 }],
    ['redis://cache:7000/3', { host: 'cache', port: 7000, db: 3 }],
    ['redis://:s%40cret@cache', { host: 'cache', port: 6379, password: 's@cret' }],
    ['redis://app:s3:cret@[::1]:7000', { host: '::1', port: 7000, username: 'app', password: 's3:cret' }],
    ['rediss://cache', { host: 'cache', port: 6379, tls: {} }],
    [
      'redis+sentinel://:secret@a:26380,b/main/2',
      {
        sentinels: [
          { host: 'a', port: 26_380 },
          { host: 'b', port: 26_379 },
        ],
        ...{ name: 'main', password: 'secret', sentinelPassword: 'secret', db: 2 },
      },
    ],
  ])('%s', (address, expected) => {
    expect(optionsOf(address)).toEqual(expected);
  });

  it('uses TLS for the sentinels too where the address asks for it', () => {
    expect(optionsOf('rediss+sentinel://a/main')).toMatchObject({
      ...{ tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    });
  });

  it('names the key whose file cannot be read', () => {
    expect(() => optionsOf('rediss://cache', '/nowhere/ca.pem')).toThrow(ConfigError);
    expect(() => optionsOf('rediss://cache', '/nowhere/ca.pem')).toThrow(/queue\.redisCaFile/);
  });
});
