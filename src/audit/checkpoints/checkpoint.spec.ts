import { generateKeyPairSync, sign, verify, createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { openCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.js';
import { signNote, type CheckSignature, type NoteSigner } from './signed-note.js';

function newSigner(): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { publicKey: raw.toString('base64'), sign: (bytes) => sign(null, bytes, privateKey) };
}

const check: CheckSignature = (publicKey, bytes, signature) => {
  const der = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(publicKey, 'base64'),
  ]);
  return verify(null, bytes, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
};

const origin = 'holdfast-audit/acme';
const [ours, theirs] = [newSigner(), newSigner()];
const trust = { origin, publicKeys: [theirs.publicKey, ours.publicKey], check };
const checkpoint: Checkpoint = {
  size: 12,
  root: Buffer.alloc(32, 7),
  at: new Date('2026-11-29T12:00:00.250Z'),
};
const note = signCheckpoint(checkpoint, origin, ours);

describe('a checkpoint', () => {
  it('is a signed note whose first lines are origin, size and root', () => {
    const lines = note.split('\n');
    expect(lines.slice(0, 3)).toEqual([origin, '12', Buffer.alloc(32, 7).toString('base64')]);
    expect(lines[3]).toBe('time 2026-11-29T12:00:00.250Z');
    expect(lines[4]).toBe('');
    expect(lines[5]).toMatch(/^— holdfast-audit\/acme [A-Za-z0-9+/]+=*$/);
    expect(openCheckpoint(note, trust)).toEqual(checkpoint);
  });

  it('is refused with any one bit changed', () => {
    const bytes = Buffer.from(note);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect([bit, openCheckpoint(flipped.toString('utf8'), trust)]).toEqual([bit, null]);
    }
  });

  it('is refused when nobody signed it whom we trust, or it is of another log', () => {
    expect(openCheckpoint(note, { ...trust, publicKeys: [theirs.publicKey] })).toBeNull();
    expect(openCheckpoint(note, { ...trust, origin: 'holdfast-audit/other' })).toBeNull();
    expect(openCheckpoint(note.split('\n\n')[0] ?? '', trust)).toBeNull();
  });

  it('may have signatures of others beside ours', () => {
    const witness = signNote(note.slice(0, note.indexOf('\n\n') + 1), 'witness.example', theirs);
    const line = witness.slice(witness.indexOf('—'));
    expect(openCheckpoint(note + line, trust)).toEqual(checkpoint);
    expect(openCheckpoint(note.replace(/— .*\n$/, line), trust)).toBeNull();
  });

  it.each(['0', '-1', '012', '1e3', '12.0', ''])('is refused with the size %j', (size) => {
    const text = `${origin}\n${size}\n${checkpoint.root.toString('base64')}\ntime 2026-11-29T12:00:00.250Z\n`;
    expect(openCheckpoint(signNote(text, origin, ours), trust)).toBeNull();
  });
});
