// Whatever somebody who owns the bucket does to it shows, object by object and bit by bit.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  auditCheckpointKey,
  createManifest,
  createTenantKeys,
  digestOf,
  keyFolders,
  ConnectorKeyStore,
  manifestKey,
  partKey,
  rootKey,
  signBeat,
  signManifest,
  verifyBeat,
} from '../../../src/replication/format/index.js';
import { makeTempFolder } from '../../support/index.js';
import { TENANT } from '../connector/connector-world.js';
import { checkpoint, faults, openVerifyWorld, type BucketFolder, type VerifyWorld } from './verify-world.js';

/** A replica's ack and what nothing counts yet may be missing: no object that is signed says that they must be there. */
const MAY_BE_MISSING = /^(acks|receipts|audit)\//;
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? Date.now()) >>> 0;

// hundreds of looks at a bucket in each test
jest.setTimeout(600_000);

let made: VerifyWorld;
let bucket: BucketFolder;
let keys: string[];
let condemned: string | null;
let identities: string[];

beforeAll(async () => {
  made = await openVerifyWorld();
  bucket = await made.bucket.copy();
  keys = await bucket.keys();
  identities = [made.identity];
  const report = await bucket.verify({ root: made.root, identities });
  expect(faults(report)).toEqual([]);
  condemned = report.findings.find(({ code }) => code === 'verify.condemned')?.key ?? null;
});
afterAll(() => made.end());

/** What is found while `key` holds other bytes, or none. */
async function found(
  changes: Record<string, Buffer | null>,
  more: { identities?: string[]; at?: Date } = {},
) {
  const before = new Map<string, Buffer | null>();
  for (const [key, bytes] of Object.entries(changes)) {
    before.set(key, await bucket.read(key).catch(() => null));
    await (bytes === null ? bucket.remove(key) : bucket.write(key, bytes));
  }
  try {
    return faults(await bucket.verify({ root: made.root, ...more }));
  } finally {
    for (const [key, bytes] of before) await (bytes === null ? bucket.remove(key) : bucket.write(key, bytes));
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

/** First and last bit, and some that differ from run to run. */
function* bitsOf(bytes: Buffer, many: number): Generator<number> {
  yield 0;
  yield bytes.length * 8 - 1;
  let state = seed;
  for (let index = 0; index < many; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield Math.floor((state / 2 ** 32) * bytes.length * 8);
  }
}

describe(`one bit (seed ${String(seed)})`, () => {
  it('is found in every object, with the public root alone', async () => {
    for (const key of keys) {
      const bytes = await bucket.read(key);
      for (const bit of bitsOf(bytes, 12)) {
        const lines = await found({ [key]: flipped(bytes, bit) });
        expect({ key, bit, isNamed: lines.some((line) => line.endsWith(` ${key}`)) }).toEqual({
          ...{ key, bit, isNamed: true },
        });
      }
    }
  });

  it('is found in every object, with an identity', async () => {
    for (const key of keys) {
      const bytes = await bucket.read(key);
      for (const bit of bitsOf(bytes, 1)) {
        const lines = await found({ [key]: flipped(bytes, bit) }, { identities });
        expect({ key, bit, isNamed: lines.some((line) => line.endsWith(` ${key}`)) }).toEqual({
          ...{ key, bit, isNamed: true },
        });
      }
    }
  });
});

describe.each([
  ['with the public root alone', false],
  ['with an identity', true],
])('an object, %s,', (_title, isOpened) => {
  const how = () => (isOpened ? { identities } : {});

  it('is missed when it is gone', async () => {
    for (const key of keys) {
      const lines = await found({ [key]: null }, how());
      const mayBeMissing = MAY_BE_MISSING.test(key) || key === condemned;
      expect({ key, isFound: lines.length > 0 }).toEqual({ key, isFound: !mayBeMissing });
    }
  });

  it('is found when it is cut off, empty or longer', async () => {
    for (const key of keys) {
      const bytes = await bucket.read(key);
      const changed = [bytes.subarray(0, -1), bytes.subarray(0, bytes.length >> 1), Buffer.alloc(0)];
      for (const other of [
        ...changed,
        Buffer.concat([bytes, Buffer.from('\n')]),
        Buffer.concat([bytes, bytes]),
      ]) {
        const lines = await found({ [key]: other }, how());
        expect({
          key,
          length: other.length,
          isNamed: lines.some((line) => line.endsWith(` ${key}`)),
        }).toEqual({
          ...{ key, length: other.length, isNamed: true },
        });
      }
    }
  });
});

describe('objects in another place', () => {
  it('are found when any two are swapped', async () => {
    for (const [index, first] of keys.entries())
      for (const second of keys.slice(index + 1)) {
        const lines = await found({ [first]: await bucket.read(second), [second]: await bucket.read(first) });
        expect({ first, second, isFound: lines.length > 0 }).toEqual({ first, second, isFound: true });
      }
  });

  it('are found when one is there twice, under whatever key', async () => {
    const places = [
      ...[
        'beat2.json',
        'x',
        'acks/paris.json',
        'acks/extra/london.json',
        'receipts/0002.json',
        'receipts/00000002.json',
        'audit/0002.json',
        auditCheckpointKey(2),
      ],
      ...[
        'inbox/london/1',
        'root/00000003.json',
        'root/00000003',
        'b/1/other-0123',
        'b/2/other-0123',
        'b/other',
      ],
      ...[
        manifestKey(1, 5),
        manifestKey(1, 9),
        manifestKey(2, 1),
        manifestKey(1, 2, 1),
        manifestKey(1, 2, 7),
      ],
      ...[
        partKey(1, 5, 0, 1),
        partKey(1, 2, 7, 1),
        partKey(1, 2, 0, 7),
        partKey(2, 1, 0, 1),
        partKey(1, 2, 0),
      ],
    ];
    for (const key of keys)
      for (const place of places) {
        const lines = await found({ [place]: await bucket.read(key) });
        expect({ key, place, isFound: lines.length > 0 }).toEqual({ key, place, isFound: true });
      }
  });
});

describe('an earlier or another version', () => {
  it('of a manifest is found, also where its signature is good', async () => {
    for (const n of [1, 2, 3, 4]) {
      const { manifest } = await made.manifest(1, n);
      const twin = createManifest({ ...manifest, nonce: '00'.repeat(16), createdAt: manifest.asOf });
      const lines = await found({ [manifestKey(1, n)]: signManifest(twin, made.world.trust.signer) });
      expect(lines.join()).toContain('error format.chain_broken m/00000001/');
    }
  });

  it('of the beat is found once it has expired, and with a floor at once', async () => {
    const { trust } = made.world;
    const beat = verifyBeat(await bucket.read('beat.json'), trust.chain, { tenant: TENANT });
    const { bytes } = await made.manifest(1, 3);
    const expires = new Date(Date.now() - 1000).toISOString();
    const earlier = signBeat({ ...beat, n: 3, manifest: digestOf(bytes), expires }, trust.signer);
    expect(await found({ 'beat.json': earlier })).toEqual(['error verify.beat_behind beat.json']);
    const gone = (await bucket.keys()).filter((key) => key.includes('0000000004'));
    const without = Object.fromEntries(gone.map((key) => [key, null]));
    expect(await found({ 'beat.json': earlier, ...without, 'acks/london.json': null })).toEqual([]);
  });

  it('of the whole bucket is found by who remembers where it stood, or by a replica that was further', async () => {
    const { root, world } = made;
    const before = await bucket.copy();
    const report = await before.verify({ root, floor: { generation: 1, n: 5 } });
    expect(faults(report)).toEqual(['error verify.rolled_back -']);
    expect(faults(await before.verify({ root, floor: { generation: 1, n: 4 } }))).toEqual([]);
    await world.sql('UPDATE crm.account SET name = $1', ['Other']);
    await made.publish();
    await made.acknowledge();
    await before.write('acks/london.json', await made.bucket.read('acks/london.json'));
    expect(faults(await before.verify({ root }))).toEqual(['error verify.rolled_back acks/london.json']);
  });
});

describe('a checkpoint of the audit', () => {
  it('is refused with a second signature, and by another key', async () => {
    const key = auditCheckpointKey(3);
    const note = await bucket.read(key);
    const line = note.subarray(note.lastIndexOf('\n\n') + 2);
    const refused = [`error format.signature_invalid ${key}`];
    expect(await found({ [key]: Buffer.concat([note, line]) })).toEqual(refused);
    expect(await found({ [key]: checkpoint(3, made.world.trust.signer) })).toEqual(refused);
    expect(await found({ [key]: checkpoint(3, made.auditor) })).toEqual([]);
  });
});

describe('what another tenant signed', () => {
  it('is refused, under its own keys and under ours', async () => {
    const folder = await makeTempFolder('other');
    const root = await createTenantKeys({ folder, tenant: 'other', replicas: [] });
    const signer = await new ConnectorKeyStore(keyFolders(folder).connector).signer();
    const { manifest } = await made.manifest(1, 4);
    const beat = verifyBeat(await bucket.read('beat.json'), made.world.trust.chain, { tenant: TENANT });
    const part = await made.part({ tenant: 'other', generation: 1, n: 5, part: 0 }, 3);
    expect(await found({ [rootKey(3)]: root })).toEqual([`error format.other_tenant ${rootKey(3)}`]);
    for (const by of [signer, made.world.trust.signer]) {
      const lines = await found({
        [manifestKey(1, 4)]: signManifest(createManifest({ ...manifest, tenant: 'other' }), by),
      });
      expect(lines.join()).toMatch(/error format\.(other_tenant|signature_invalid) m\/00000001\/0000000004/);
      const beats = await found({ 'beat.json': signBeat({ ...beat, tenant: 'other' }, by) });
      expect(beats.join()).toMatch(/error format\.(other_tenant|signature_invalid) beat\.json/);
    }
    expect(await found({ [partKey(1, 5, 0, 3)]: part.bytes })).toEqual([
      `error format.other_tenant ${partKey(1, 5, 0, 3)}`,
    ]);
    await expect(bucket.verify({ root })).rejects.toMatchObject({ code: 'verify.wrong_root' });
    await expect(bucket.verify({ root: Buffer.from('{}') })).rejects.toMatchObject({
      code: 'verify.wrong_root',
    });
  });
});
