import { describe, expect, it } from '@jest/globals';
import { SignInBusy } from '../access.errors.js';
import { PasswordHasher } from './password-hasher.js';
import { formatPhc, parsePhc } from './phc.js';

const cheap = { memoryKiB: 64, passes: 1, parallelism: 1 };

describe('PasswordHasher', () => {
  it('knows the password again and no other', async () => {
    const hasher = new PasswordHasher({ cost: cheap });
    const stored = await hasher.hash('correct horse');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
    expect(await hasher.verify('correct horse', stored)).toEqual({ matches: true, needsRehash: false });
    expect((await hasher.verify('correct horsf', stored)).matches).toBe(false);
  });

  it('computes what the reference implementation of argon2id computes', async () => {
    // phc-winner-argon2's test.c: argon2id, t=2, m=2^8, p=1, "password", "somesalt"
    const reference = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    const hasher = new PasswordHasher({ cost: cheap });
    expect(await hasher.verify('password', reference)).toEqual({ matches: true, needsRehash: true });
  });

  it('does the same work for an unknown name and lets nobody in', async () => {
    const hasher = new PasswordHasher({ cost: cheap });
    expect(await hasher.verify('anything', null)).toEqual({ matches: false, needsRehash: false });
    expect(hasher.computations).toBe(1);
  });

  it('refuses a stored hash that would take all memory', async () => {
    const hasher = new PasswordHasher({ cost: cheap });
    const monstrous = formatPhc({
      cost: { memoryKiB: 9_999_999, passes: 1, parallelism: 1 },
      salt: Buffer.alloc(16),
      hash: Buffer.alloc(32),
    });
    expect((await hasher.verify('anything', monstrous)).matches).toBe(false);
  });

  it('answers busy rather than queue without end', async () => {
    const hasher = new PasswordHasher({ cost: cheap, maxConcurrent: 1, maxWaiting: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.verify('x', null)));
    const refused = outcomes.filter((o) => o.status === 'rejected');
    expect(refused).toHaveLength(3);
    expect(refused.every((o) => o.reason instanceof SignInBusy)).toBe(true);
    await expect(hasher.verify('x', null)).resolves.toMatchObject({ matches: false });
  });
});

describe('parsePhc', () => {
  it.each(['', '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aaaaaaaaaaaaaaaaaaaaaa', '$2b$10$abc'])(
    'takes nothing but argon2id: %s',
    (text) => {
      expect(parsePhc(text)).toBeNull();
    },
  );
});
