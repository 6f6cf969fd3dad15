import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { expectSound } from './checkers.js';
import { openOwnPostgresWorld, type OwnPostgresWorld } from './own-postgres.js';
import { expireLease } from './child-process.js';

let world: OwnPostgresWorld;
beforeEach(async () => {
  world = await openOwnPostgresWorld({ settings: { synchronous_commit: 'off' } });
});
afterEach(() => world.end());

it('F13 PostgreSQL is killed with -9 while everybody commits asynchronously: no change is lost', async () => {
  const lane = await world.begin();
  // with it frozen, nothing is on disk that nobody asked to be there: the worst that a power cut can meet
  const [writer] = await world.sql(`SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'`);
  process.kill(Number(writer?.['pid']), 'SIGSTOP');
  for (let round = 0; round < 3; round += 1) {
    await world.people.work();
    await lane.settle();
  }
  await world.people.work();
  process.kill(Number(writer?.['pid']), 'SIGKILL');
  await world.server.kill();
  await world.start();
  await lane.vanish().catch(() => undefined);
  await expireLease(world);
  await world.people.work();
  const next = await world.publisher();
  await expect(next.settle()).resolves.toContain('idle');
  expect(await next.publisher.generations.current()).toMatchObject({ id: 1, head: 5 });
  await expectSound(world);
});
