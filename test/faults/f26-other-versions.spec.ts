import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Manifest } from '../../src/replication/format/index.js';
import { expectSound } from './checkers.js';
import { openFaultWorld, type FaultWorld } from './fault-world.js';
import { forgeManifest } from './forgery.js';

let world: FaultWorld;
beforeEach(async () => {
  world = await openFaultWorld();
});
afterEach(() => world.end());

const newer: [string, Partial<Manifest>][] = [
  ['asks for a newer reader', { minReader: 2 }],
  ['uses a feature that it does not know', { features: ['teleport'] }],
];

it.each(newer)(
  'F26 a replica that is older than a connector which %s says so, and goes on serving',
  async (_, change) => {
    const lane = await world.begin();
    await world.people.work();
    await lane.settle();
    const restore = await forgeManifest(world, { generation: 1, n: 2 }, change);
    expect(await world.replica.step()).toBe('failed');
    expect(await world.replica.errorCode()).toBe('format.reader_too_old');
    expect(await world.replica.position()).toBe('1.1');
    await restore();
    await expectSound(world);
  },
);
