// docs/reader is a second reader of the format, in another language, written from docs/replica-format.md alone. What it
// reads from the publisher's bucket is compared with the source, so the page, the publisher and our own reader agree.
import { randomBytes } from 'node:crypto';
import { cp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Heartbeat } from '../../../connector/publish/heartbeat.js';
import { keyFolders, manifestKey } from '../../../src/replication/format/index.js';
import { makeTempFolder } from '../../support/index.js';
import { runPython } from '../../support/run-python.js';
import { openAttachmentWorld, type AttachmentWorld } from '../connector/attachment-world.js';
import { TENANT, viewContent, type TestPublisher } from '../connector/connector-world.js';

const POLICY = `
types:
  account: { where: { field: sector, op: neq, value: medical }, attachments: { label: shareable } }
  contact: { follows: account, fields: { phone: { mask: last4 } } }
  deal: { follows: account }
`;
const AWKWARD = 'Smörgås "Ltd" \\ / \u2028 </script> 😀 ],["d"';

interface Reading {
  exitCode: number;
  complaint: string;
  summary: {
    generation: number;
    n: number;
    types: Record<string, { count: number; checksum: string }>;
    acks: object;
    attachments: object;
  };
  rows: (type: string) => Promise<string[]>;
  /** what was opened of an attachment */
  file: (id: string) => Promise<Buffer>;
}

let world: AttachmentWorld;
let lane: TestPublisher;
let pin: string;

async function read(bucket = world.bucketFolder): Promise<Reading> {
  const rows = await makeTempFolder('rows');
  const identity = join(keyFolders(world.folder).replica('london'), 'recipient-1.key');
  const args = ['--bucket', bucket, '--pin', pin, '--tenant', TENANT, '--identity', identity, '--rows', rows];
  const { exitCode, stdout, stderr } = await runPython(['-B', 'docs/reader/read-replica.py', ...args]);
  return {
    exitCode,
    complaint: stderr,
    summary: JSON.parse(stdout === '' ? '{}' : stdout) as Reading['summary'],
    rows: async (type) => (await readFile(join(rows, `${type}.ndjson`), 'utf8')).split('\n').slice(0, -1),
    file: (id) => readFile(join(rows, `${id}.file`)),
  };
}

async function publish(): Promise<void> {
  await lane.settle();
  const { publisher, lease } = lane;
  await new Heartbeat(world.bucket, world.trust, 60_000).beat(
    await publisher.generations.current(),
    lease.epoch,
    publisher.currentAsOf ?? new Date(),
  );
}

async function expectSource(reading: Reading): Promise<void> {
  expect(reading).toMatchObject({ exitCode: 0, complaint: '' });
  const manifests = await world.reader.catchUp();
  for (const { type, count, checksum } of manifests.at(-1)?.types ?? []) {
    const source = await viewContent(world, type);
    expect((await reading.rows(type)).sort()).toEqual([...source.values()].sort());
    expect(reading.summary.types[type]).toEqual({ count, checksum });
    expect(count).toBe(source.size);
  }
  expect(reading.summary).toMatchObject({
    generation: manifests.at(-1)?.generation,
    n: manifests.at(-1)?.n,
  });
}

const account = (values: Record<string, unknown> = {}) =>
  world.insert('crm.account', { name: 'Acme', kind: 'customer', sector: 'software', ...values });

beforeAll(async () => {
  world = await openAttachmentWorld();
  pin = join(world.folder, 'pinned-root.json');
  await writeFile(pin, world.rootObject);
  await world.activate(POLICY);
});
afterAll(() => world.end());

describe('a reader written from the format document alone', () => {
  let changed: string;
  let removed: string;

  it('reads a snapshot that was taken while people worked', async () => {
    const ids = [await account(), await account({ name: AWKWARD }), await account(), await account()].sort();
    [changed = '', removed = ''] = ids;
    await account({ sector: 'medical' });
    await world.insert('crm.contact', { last_name: 'Doe', phone: '+44 20 7946 0958', account_id: changed });
    let isOver = false;
    const change = async (): Promise<void> => {
      // how many a chunk holds hangs on where the random ids lie
      const read = await world.sql(
        `SELECT 1 FROM replication.snapshot_chunk WHERE type = 'account' HAVING sum(count) >= 2`,
      );
      if (isOver || read.length === 0) return;
      isOver = true;
      await world.sql('UPDATE crm.account SET name = $1 WHERE id = $2', ['meanwhile', changed]);
      await world.sql('DELETE FROM crm.account WHERE id = $1', [removed]);
    };
    lane = await world.publisher({ chunkRows: 2, listeners: [{ onStep: change }] });
    await publish();
    const reading = await read();
    await expectSource(reading);
    const lines = world.reader.lastLines.filter(
      (line) => line.includes(changed) && line.includes('"account",'),
    );
    expect(lines).toHaveLength(2);
    expect(world.reader.lastLines).toContain(`["d","account","${removed}"]`);
    expect((await reading.rows('account')).length).toBe(3);
  });

  it('follows deltas to the same rows, counts and checksums', async () => {
    await world.insert('crm.deal', {
      ...{ name: AWKWARD, account_id: changed, amount: '1054.0000', amount_currency: 'USD' },
      ...(await stageOfDeal()),
    });
    await publish();
    await expectSource(await read());
    await world.sql(`UPDATE crm.account SET sector = 'medical' WHERE id = $1`, [changed]);
    await publish();
    const reading = await read();
    await expectSource(reading);
    expect(reading.summary.types.deal?.count).toBe(0);
    expect(reading.summary.n).toBe(3);
  });

  it('reads manifests that are named with an epoch, and passes over unsigned ones', async () => {
    const copy = join(await makeTempFolder('epochs'), 'bucket');
    await cp(world.bucketFolder, copy, { recursive: true });
    for (const n of [1, 2, 3]) await rename(join(copy, manifestKey(1, n)), join(copy, manifestKey(1, n, 1)));
    await writeFile(join(copy, manifestKey(1, 2, 9)), '{"not":"signed"}');
    expect(await read(copy)).toMatchObject({ exitCode: 0, summary: { generation: 1, n: 3 } });
    await rename(join(copy, manifestKey(1, 3, 1)), join(copy, manifestKey(1, 3, 2)));
    expect(await read(copy)).toMatchObject({ exitCode: 1 });
  });

  it('opens the files of attachments, and refuses one that was changed or is gone', async () => {
    const folder = join(world.bucketFolder, 'b/1');
    const content = randomBytes(700_000);
    const [here, pending] = [
      await world.attach(changed, content),
      await world.attach(changed, randomBytes(10)),
    ];
    await world.sql(`UPDATE crm.account SET sector = 'software' WHERE id = $1`, [changed]);
    await world.upload(here.blob);
    await publish();
    const reading = await read();
    await expectSource(reading);
    expect(reading.summary).toMatchObject({ attachments: { objects: 1, opened: 1 } });
    expect((await reading.file(here.id)).equals(content)).toBe(true);
    await expect(reading.file(pending.id)).rejects.toThrow('ENOENT');
    const [name = ''] = await readdir(folder);
    const whole = await readFile(join(folder, name));
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(400_000) ^ 1, 400_000);
    await writeFile(join(folder, name), flipped);
    expect(await read()).toMatchObject({ exitCode: 1 });
    await rm(join(folder, name));
    expect(await read()).toMatchObject({ exitCode: 1 });
    await writeFile(join(folder, name), whole);
    await world.sql('UPDATE crm.attachment SET deleted_at = now() WHERE id = $1', [here.id]);
    await publish();
    await rm(join(folder, name));
    expect((await read()).summary).toMatchObject({ attachments: { objects: 0, opened: 0 } });
  });

  it('refuses one flipped bit in any object', async () => {
    const copy = join(await makeTempFolder('flipped'), 'bucket');
    await cp(world.bucketFolder, copy, { recursive: true });
    const parts = (await readdir(join(copy, 'd/00000001'))).sort();
    const objects = ['beat.json', manifestKey(1, 1), manifestKey(1, 3), `d/00000001/${parts.at(-1) ?? ''}`];
    for (const name of objects) {
      const whole = await readFile(join(copy, name));
      const flipped = Buffer.from(whole);
      const at = Math.floor(whole.length * 0.7);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await writeFile(join(copy, name), flipped);
      const reading = await read(copy);
      expect({ name, exitCode: reading.exitCode }).toEqual({ name, exitCode: 1 });
      expect(reading.complaint).toContain('refused: ');
      await expect(reading.rows('account')).rejects.toThrow('ENOENT');
      await writeFile(join(copy, name), whole);
    }
    expect((await read(copy)).exitCode).toBe(0);
    await rm(join(copy, manifestKey(1, 2)));
    expect(await read(copy)).toMatchObject({ exitCode: 1 });
  });
});

async function stageOfDeal(): Promise<Record<string, unknown>> {
  const pipeline = await world.insert('crm.pipeline', {
    key: 'sales',
    name: 'Sales',
    position: 1,
    is_default: true,
  });
  return { pipeline_id: pipeline, stage: 'open', status: 'open', probability: 10 };
}
