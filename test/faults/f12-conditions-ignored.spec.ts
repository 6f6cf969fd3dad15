import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { BucketAdmission } from '../../connector/publish/bucket-admission.js';
import type { Bucket, ObjectInfo } from '../../src/platform/bucket/index.js';
import { createLogger } from '../../src/platform/logging/index.js';
import { manifestKey } from '../../src/replication/format/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, sendBeat, type FaultWorld } from './fault-world.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

/** A bucket with some of its abilities taken away. */
function lacking(bucket: Bucket, replaced: Partial<Bucket>): Bucket {
  const made: Bucket = new Proxy(bucket, {
    get(target, name) {
      if (name === 'probe') return () => target.probe.call(made);
      const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return made;
}

const ignoringConditions = ({ bucket }: FaultWorld): Partial<Bucket> => ({
  put: (key: string, body: Buffer) => bucket.put(key, body),
});

function admit(bucket: Bucket) {
  const log = createLogger({ level: 'silent', name: 'test' });
  return new BucketAdmission({ bucket, trust: world.trust, purgeMayWait: false, log }).ask();
}

it('F12 on a bucket that ignores If-None-Match the keys carry the epoch, and the highest signed one counts', async () => {
  const bucket = lacking(world.bucket, ignoringConditions(world));
  expect(await admit(bucket)).toBe('epoch');
  const first = await world.publisher({ bucket });
  first.publisher.manifestKeys = await admit(bucket);
  await first.settle();
  await first.vanish();
  const second = await world.publisher({ bucket });
  second.publisher.manifestKeys = await admit(bucket);
  await world.people.work();
  await second.settle();
  await sendBeat(world, second);
  expect(await world.bucket.head(manifestKey(1, 2, 2))).not.toBeNull();
  await expectSound(world);
});

it('F12 a bucket whose listings lag as well is refused', async () => {
  const none: AsyncIterable<ObjectInfo> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
  };
  const bucket = lacking(world.bucket, { ...ignoringConditions(world), list: () => none });
  await expect(admit(bucket)).rejects.toMatchObject({ code: 'bucket-unsafe' });
  await world.begin();
  await expectSound(world);
});
