// Everything that stands in a Redis, as text, whatever its type: what a thief of the machine would read.
import { Redis } from 'ioredis';

export async function readAll(url: string): Promise<string[]> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const texts: string[] = [];
    for (const key of await redis.keys('*')) texts.push(`${key} ${await valueOf(redis, key)}`);
    return texts;
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<string> {
  switch (await redis.type(key)) {
    case 'string':
      return String(await redis.get(key));
    case 'hash':
      return JSON.stringify(await redis.hgetall(key));
    case 'list':
      return JSON.stringify(await redis.lrange(key, 0, -1));
    case 'set':
      return JSON.stringify(await redis.smembers(key));
    case 'zset':
      return JSON.stringify(await redis.zrange(key, '0', '-1', 'WITHSCORES'));
    case 'stream':
      return JSON.stringify(await redis.xrange(key, '-', '+'));
    // gone since its name was read
    default:
      return '';
  }
}

/** Jobs that somebody would still have to run, or is running. */
export async function openJobs(url: string): Promise<string[]> {
  const texts = await readAll(url);
  return texts.filter((text) => /:(?:active|wait|delayed|prioritized) \["/.test(text));
}
