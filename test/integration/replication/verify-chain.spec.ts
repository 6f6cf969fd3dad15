// What hangs on more than one object: keys that were retired, lists of attachments, two publishers, a signer who lies.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  digestOf,
  encodeBlobList,
  generateSigningKey,
  keyFolders,
  manifestKey,
  partKey,
  RootKeyStore,
  rootKey,
  signBeat,
  signerFrom,
  signManifest,
  TrustChain,
  verifyBeat,
  type Beat,
  type ManifestInput,
  type Signer,
} from '../../../src/replication/format/index.js';
import { TENANT } from '../connector/connector-world.js';
import { faults, openVerifyWorld, type BucketFolder, type VerifyWorld } from './verify-world.js';

let made: VerifyWorld;
/** works on a copy */
let own: VerifyWorld;
let bucket: BucketFolder;

beforeAll(async () => {
  made = await openVerifyWorld();
});
afterAll(() => made.end());
beforeEach(async () => {
  bucket = await made.bucket.copy();
  own = onCopy(made, bucket);
});

/** Appending to a copy leaves the publisher's bucket alone. */
function onCopy(of: VerifyWorld, copy: BucketFolder): VerifyWorld {
  const target = of.bucket;
  return {
    ...of,
    bucket: copy,
    append: async (change, more) => {
      const before = new Set(await target.keys());
      const key = await of.append(change, more);
      for (const made of (await target.keys()).filter((name) => !before.has(name))) {
        await copy.write(made, await target.read(made));
        await target.remove(made);
      }
      return key;
    },
  };
}

async function beat(change: Partial<Beat>, signer: Signer = made.world.trust.signer): Promise<void> {
  const now = verifyBeat(await made.bucket.read('beat.json'), made.world.trust.chain, { tenant: TENANT });
  await bucket.write('beat.json', signBeat({ ...now, ...change }, signer));
}

const verify = (more: { identities?: string[] } = {}) => bucket.verify({ root: made.root, ...more });

describe('a signing key that was retired', () => {
  async function rotate(): Promise<Signer> {
    const fresh = signerFrom(generateSigningKey());
    const chain = TrustChain.pin(made.root);
    chain.extend(await bucket.read(rootKey(2)));
    const store = new RootKeyStore(keyFolders(made.world.folder).root);
    await bucket.write(rootKey(3), await store.nextRoot(chain, { manifestKeys: [fresh.publicKey] }));
    return fresh;
  }

  it('is believed where a key in force continues what it signed', async () => {
    const fresh = await rotate();
    const key = await own.append({ root: 3 }, { signer: fresh });
    await beat({ root: 3, n: 5, manifest: digestOf(await bucket.read(key)) }, fresh);
    expect(faults(await verify())).toEqual([]);
  });

  it('is believed where the beat names what it signed, and signs no beat', async () => {
    const fresh = await rotate();
    expect(faults(await verify())).toContain('error format.signature_invalid beat.json');
    const { bytes } = await made.manifest(1, 4);
    await beat({ root: 3, n: 4, manifest: digestOf(bytes) }, fresh);
    expect(faults(await verify())).toEqual([]);
  });

  it('signs nothing more: what nobody continues is refused', async () => {
    const fresh = await rotate();
    const { bytes } = await made.manifest(1, 4);
    await beat({ root: 3, n: 4, manifest: digestOf(bytes) }, fresh);
    const key = await own.append();
    expect(faults(await verify())).toEqual([`error format.signature_invalid ${key}`]);
  });
});

describe('a list of attachments', () => {
  async function withList(): Promise<string> {
    const { manifest } = await made.manifest(1, 2);
    const [added] = manifest.attachments.added;
    const name = partKey(1, 5, 0).replace(/00000$/, 'files-e0000000001');
    const list = encodeBlobList(name, added === undefined ? [] : [added], []);
    await bucket.write(name, list.bytes);
    const key = await own.append({
      attachments: { ...manifest.attachments, added: [], condemned: [], lists: [list.entry] },
    });
    await beat({ n: 5, manifest: digestOf(await bucket.read(key)) });
    return name;
  }

  it('is compared like a part, and what it names as well', async () => {
    const name = await withList();
    expect(faults(await verify())).toEqual([]);
    const bytes = await bucket.read(name);
    for (const at of [0, 40, bytes.length - 1]) {
      const other = Buffer.from(bytes);
      other.writeUInt8(other.readUInt8(at) ^ 1, at);
      await bucket.write(name, other);
      expect(faults(await verify())).toContain(`error format.digest_mismatch ${name}`);
    }
    await bucket.remove(name);
    expect(faults(await verify())).toContain(`error verify.missing ${name}`);
  });
});

describe('manifests that are named with epochs', () => {
  beforeEach(async () => {
    for (const n of [1, 2, 3, 4]) {
      await bucket.write(manifestKey(1, n, 1), await bucket.read(manifestKey(1, n)));
      await bucket.remove(manifestKey(1, n));
    }
  });

  it('are as good as plain ones', async () => {
    expect(faults(await verify({ identities: [made.identity] }))).toEqual([]);
  });

  it('are named when nobody signed them, or when another publisher was there', async () => {
    await bucket.write(manifestKey(1, 2, 9), Buffer.from('{"not":"signed"}'));
    const { manifest } = await made.manifest(1, 3);
    const other = signManifest({ ...manifest, epoch: 0 }, made.world.trust.signer);
    await bucket.write(manifestKey(1, 3, 0), other);
    expect(faults(await verify()).sort()).toEqual([
      `error format.malformed ${manifestKey(1, 2, 9)}`,
      `error verify.surplus ${manifestKey(1, 3, 0)}`,
    ]);
    await bucket.write(manifestKey(1, 4, 2), await bucket.read(manifestKey(1, 4, 1)));
    await bucket.remove(manifestKey(1, 4, 1));
    expect(faults(await verify())).toContain(`error format.out_of_place ${manifestKey(1, 4, 2)}`);
  });
});

describe('a publisher who signs what is not so', () => {
  async function shownObject(): Promise<string> {
    const [first, second] = (await made.manifest(1, 2)).manifest.attachments.added;
    const { condemned } = (await made.manifest(1, 3)).manifest.attachments;
    return (condemned.includes(first?.name ?? '') ? second?.name : first?.name) ?? '';
  }

  it('is found by the rows: count, checksum, lines, files', async () => {
    const { manifest } = await made.manifest(1, 4);
    const { types, attachments } = manifest;
    const still = types.map((state) => ({ ...state, upserts: 0, deletes: 0 }));
    const changed = (change: (state: (typeof still)[number]) => object) => ({
      types: still.map((state) => (state.type === 'contact' ? { ...state, ...change(state) } : state)),
    });
    const lies: [Partial<ManifestInput>, string | null][] = [
      [{}, null],
      [changed(({ count }) => ({ count: count + 1 })), 'rows'],
      [changed(() => ({ checksum: '0'.repeat(64) })), 'checksum'],
      [changed(() => ({ upserts: 1 })), 'lines that put a row'],
      [changed(() => ({ deletes: 1 })), 'lines that remove a row'],
      [{ attachments: { ...attachments, added: [], pending: 0, condemned: [] } }, 'on their way'],
      [{ attachments: { ...attachments, added: [], condemned: [await shownObject()] } }, 'condemned'],
    ];
    for (const [lie, word] of lies) {
      bucket = await made.bucket.copy();
      const key = await onCopy(made, bucket).append(lie);
      await beat({ n: 5, manifest: digestOf(await bucket.read(key)) });
      expect(faults(await verify())).toEqual([]);
      const { findings } = await verify({ identities: [made.identity] });
      const named = findings.filter(({ severity }) => severity === 'error');
      expect({ lie, named: named.map((finding) => finding.key) }).toEqual({
        ...{ lie, named: named.map(() => key) },
      });
      expect(named.some(({ message }) => message.includes(word ?? ''))).toBe(word !== null);
    }
  });

  it('is found by an object that the manifest wants elsewhere', async () => {
    const { entry, bytes } = await made.part({ tenant: TENANT, generation: 1, n: 9, part: 0 });
    await bucket.write(entry.name, bytes);
    const key = await own.append({ parts: [entry] });
    expect(faults(await verify())).toContain(`error format.out_of_place ${key}`);
  });
});
