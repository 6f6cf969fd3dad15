// A file of 2 GB through connector and replica, each a process of its own whose resident memory is sampled.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { folderKind, pathStyleKind } from '../integration/bucket/bucket-kinds.js';
import {
  FILES_POLICY,
  openAttachmentWorld,
  type AttachmentWorld,
} from '../integration/connector/attachment-world.js';
import { measureJourney } from '../integration/connector/upload-process.js';

describe.each([folderKind, pathStyleKind])('a file of 2 GB in $name', (kind) => {
  let world: AttachmentWorld;
  beforeAll(async () => {
    world = await openAttachmentWorld(kind);
    await world.activate(FILES_POLICY);
  });
  afterAll(() => world.end());

  it('raises the memory of connector and replica by less than 64 MiB each', async () => {
    const account = await world.insert('crm.account', { name: 'Shop', kind: 'customer', sector: 'retail' });
    const lane = await world.publisher();
    const { up, down, isSame, state } = await measureJourney(world, lane, account, 2_000_000_000);
    expect({ isSame, state }).toEqual({ isSame: true, state: 'available' });
    process.stdout.write(
      `2 GB in ${kind.name}: connector +${String(up.growthMiB)} MiB in ${up.seconds.toFixed(1)} s, ` +
        `replica +${String(down.growthMiB)} MiB in ${down.seconds.toFixed(1)} s\n`,
    );
    expect(up.growthMiB).toBeLessThan(64);
    expect(down.growthMiB).toBeLessThan(64);
  });
});
