import { randomBytes } from 'node:crypto';
import type { Bucket } from './bucket.port.js';

const RACERS = 32;

/**
 * Some S3 servers accept `If-None-Match` and ignore it, which would let two connectors commit the same batch number.
 * So it is tried, not believed: 32 writers race for one key and exactly one may win, a latecomer must lose as well,
 * and what is stored must be the winner's.
 */
export async function probeConditionalPut(bucket: Bucket): Promise<boolean> {
  const key = `probe/${randomBytes(16).toString('hex')}`;
  const bodies = Array.from({ length: RACERS }, () => randomBytes(32));
  try {
    const results = await Promise.all(bodies.map((body) => bucket.put(key, body, { ifNoneMatch: true })));
    const winners = bodies.filter((_, index) => results[index]?.created === true);
    const late = await bucket.put(key, randomBytes(32), { ifNoneMatch: true });
    const [winner] = winners;
    if (winner === undefined || winners.length !== 1 || late.created) return false;
    return winner.equals(await bucket.get(key));
  } finally {
    await bucket.remove([key]);
  }
}
