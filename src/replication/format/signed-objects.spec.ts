import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { signAck, signEnrolment, verifyAck, verifyEnrolment, type Ack } from './ack.js';
import { signBeat, verifyBeat, type Beat } from './beat.js';
import { signEnvelope } from './envelope.js';
import {
  assertFollows,
  chainLink,
  createManifest,
  MANIFEST_TYPE,
  signManifest,
  verifyManifest,
} from './manifest.js';
import type { ManifestInput } from './manifest.js';
import { generateSigningKey, signerFrom, type Signer } from './signing-key.js';
import { digestOf, signRoot, TrustChain, type TrustRoot } from './trust-root.js';

const tenant = 'acme';
const at = '2026-11-22T08:30:00.000Z';
const hex = 'ab'.repeat(32);
const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const [rootKey, signingKey, replicaKey, stranger] = [1, 2, 3, 4].map(() =>
  signerFrom(generateSigningKey()),
) as [Signer, Signer, Signer, Signer];
const first: TrustRoot = {
  format: 'holdfast-root/1',
  tenant,
  version: 1,
  createdAt: at,
  rootKeys: { threshold: 1, keys: [rootKey.publicKey] },
  manifestKeys: [signingKey.publicKey],
  auditKeys: [],
  inboxRecipient: null,
  replicas: [{ name: 'london', key: replicaKey.publicKey, recipient }],
};
const firstBytes = signRoot(first, [rootKey]);
const trust = () => TrustChain.pin(firstBytes, { tenant });

function manifest(change: Partial<ManifestInput> = {}) {
  return createManifest({
    ...{
      tenant,
      root: 1,
      generation: 1,
      n: 1,
      kind: 'snapshot',
      nonce: '0f'.repeat(16),
      previous: null,
      epoch: 1,
    },
    ...{ policy: { version: 1, hash: hex }, asOf: at, createdAt: at, recipients: [recipient] },
    parts: [{ name: 'd/00000001/0000000001-00000', bytes: 10, sha256: hex, rows: 1, plainBytes: 20 }],
    types: [{ type: 'deal', upserts: 1, deletes: 0, count: 1, checksum: hex }],
    ...change,
  });
}
const beat: Beat = {
  ...{ format: 'holdfast-beat/1', tenant, root: 1, generation: 1, n: 1, manifest: hex, epoch: 1 },
  ...{ asOf: at, createdAt: at, expires: at },
};
const ack: Ack = {
  ...{ format: 'holdfast-ack/1', tenant, replica: 'london', root: 1, generation: 1, n: 1, manifest: hex },
  ...{ asOf: at, appliedAt: at, sequence: 1, recipients: [{ fromGeneration: 1, recipient }], destroyed: [] },
};

/** Flips every bit, one after the other, and names those after which the object still passed. */
function survivors(bytes: Buffer, open: (changed: Buffer) => unknown): number[] {
  const passed: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
    try {
      open(changed);
      passed.push(bit);
    } catch (error) {
      expect(error).toMatchObject({ name: 'FormatError' });
    }
  }
  return passed;
}

describe('signed objects', () => {
  it.each([
    [
      'manifest',
      signManifest(manifest(), signingKey),
      (bytes: Buffer) => verifyManifest(bytes, trust(), { tenant }),
    ],
    ['beat', signBeat(beat, signingKey), (bytes: Buffer) => verifyBeat(bytes, trust(), { tenant })],
    ['ack', signAck(ack, replicaKey), (bytes: Buffer) => verifyAck(bytes, first, { replica: 'london' })],
    ['root', firstBytes, (bytes: Buffer) => TrustChain.pin(bytes, { tenant })],
    [
      'enrolment',
      signEnrolment(
        {
          format: 'holdfast-enrolment/1',
          tenant,
          name: 'london',
          key: replicaKey.publicKey,
          recipient,
          createdAt: at,
        },
        replicaKey,
      ),
      (bytes: Buffer) => verifyEnrolment(bytes, { tenant }),
    ],
  ])('%s: whole it passes, and no bit of it can change or be cut off', (_, bytes, open) => {
    expect(open(bytes)).toBeTruthy();
    expect(survivors(bytes, open)).toEqual([]);
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => open(bytes.subarray(0, length))).toThrow();
    expect(() => open(Buffer.concat([bytes, Buffer.from('\n')]))).toThrow();
  });

  it('a manifest signed by a stranger, by an unsigned hand or for another tenant is refused', () => {
    expect(() => verifyManifest(signManifest(manifest(), stranger), trust(), { tenant })).toThrow(
      'unknown key',
    );
    const unsigned = {
      ...(JSON.parse(signManifest(manifest(), signingKey).toString()) as object),
      signatures: [],
    };
    expect(() => verifyManifest(Buffer.from(JSON.stringify(unsigned)), trust(), { tenant })).toThrow(
      'signatures',
    );
    const other = signManifest(manifest({ tenant: 'other' }), signingKey);
    expect(() => verifyManifest(other, trust(), { tenant })).toThrow(
      expect.objectContaining({ code: 'format.other_tenant' }),
    );
  });

  it('a beat is never taken for a manifest', () => {
    expect(() => verifyManifest(signBeat(beat, signingKey), trust(), { tenant })).toThrow(
      'expected a application/vnd.holdfast.manifest',
    );
  });

  it('an unknown member is refused even under a good signature, and so is base64 with another spelling', () => {
    const more = signEnvelope(MANIFEST_TYPE, { ...manifest(), colour: 'red' }, [signingKey]);
    expect(() => verifyManifest(more, trust(), { tenant })).toThrow('unknown member "colour"');
    const text = signBeat(beat, signingKey).toString();
    const loose = text.replace(/==?"/, '"');
    expect(loose).not.toBe(text);
    expect(() => verifyBeat(Buffer.from(loose), trust(), { tenant })).toThrow('base64');
  });

  it('a manifest for newer readers says so, whatever members it has', () => {
    const newer = signEnvelope(MANIFEST_TYPE, { ...manifest(), minReader: 2, colour: 'red' }, [signingKey]);
    expect(() => verifyManifest(newer, trust(), { tenant })).toThrow(
      expect.objectContaining({ code: 'format.reader_too_old' }),
    );
    const feature = signEnvelope(MANIFEST_TYPE, { ...manifest(), features: ['time-travel'] }, [signingKey]);
    expect(() => verifyManifest(feature, trust(), { tenant })).toThrow(
      expect.objectContaining({ code: 'format.reader_too_old' }),
    );
  });
});

describe('the manifest chain', () => {
  const previous = manifest();
  const bytes = signManifest(previous, signingKey);
  const last = chainLink(previous, bytes);
  const next = (change: Partial<ManifestInput> = {}) =>
    manifest({ n: 2, kind: 'delta', previous: createHash('sha256').update(bytes).digest('hex'), ...change });

  it('takes the next one', () => {
    expect(() => {
      assertFollows(next(), last);
    }).not.toThrow();
  });

  it.each([
    ['a gap', next({ n: 3 }), 'format.out_of_place'],
    ['a repeat', previous, 'format.out_of_place'],
    ['another generation', next({ generation: 2 }), 'format.out_of_place'],
    ['another predecessor', next({ previous: hex }), 'format.chain_broken'],
    ['an older lease epoch', next({ epoch: 0 }), 'format.chain_broken'],
    ['another policy', next({ policy: { version: 2, hash: hex } }), 'format.chain_broken'],
  ])('refuses %s', (_, refused, code) => {
    expect(() => {
      assertFollows(refused, last);
    }).toThrow(expect.objectContaining({ code }));
  });
});

describe('the chain of roots', () => {
  const fresh = signerFrom(generateSigningKey());
  const second: TrustRoot = {
    ...first,
    version: 2,
    rootKeys: { threshold: 1, keys: [fresh.publicKey] },
    manifestKeys: [stranger.publicKey],
  };

  it('hands trust over when the old and the new root key signed', () => {
    const chain = trust();
    chain.extend(signRoot(second, [rootKey, fresh]));
    expect(chain.current.version).toBe(2);
    expect(verifyManifest(signManifest(manifest({ root: 2 }), stranger), chain, { tenant }).root).toBe(2);
  });

  it('lets a retired key vouch only for what the chain already continues', () => {
    const chain = trust();
    chain.extend(signRoot(second, [rootKey, fresh]));
    const old = signManifest(manifest(), signingKey);
    expect(() => verifyManifest(old, chain, { tenant })).toThrow('root 2 does not trust its key');
    expect(verifyManifest(old, chain, { tenant, anchor: digestOf(old) }).root).toBe(1);
    expect(() => verifyManifest(old, chain, { tenant, anchor: hex })).toThrow('not the one');
  });

  it('does not let a retired signing key lean on the new root, nor a new key on the old root', () => {
    const chain = trust();
    chain.extend(signRoot(second, [rootKey, fresh]));
    expect(() => verifyManifest(signManifest(manifest({ root: 2 }), signingKey), chain, { tenant })).toThrow(
      'does not trust',
    );
    expect(() => verifyManifest(signManifest(manifest({ root: 1 }), stranger), chain, { tenant })).toThrow(
      'does not trust',
    );
  });

  it.each([
    ['the new key alone', signRoot(second, [fresh])],
    ['the old key alone', signRoot(second, [rootKey])],
    ['the connector', signRoot({ ...first, version: 2 }, [signingKey])],
    ['a skipped version', signRoot({ ...second, version: 3 }, [rootKey, fresh])],
    ['another tenant', signRoot({ ...second, tenant: 'other' }, [rootKey, fresh])],
  ])('refuses %s and stays as it was', (_, bytes) => {
    const chain = trust();
    expect(() => chain.extend(bytes)).toThrow();
    expect(chain.current.version).toBe(1);
  });

  it('believes no ack of a replica that the root does not name', () => {
    expect(() =>
      verifyAck(signAck(ack, replicaKey), { ...first, replicas: [] }, { replica: 'london' }),
    ).toThrow('no such replica');
    expect(() => verifyAck(signAck(ack, stranger), first, { replica: 'london' })).toThrow('unknown key');
  });
});
