import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const saltBytes = 32;

/** AES-256-GCM: nonce, ciphertext, tag. `bound` is authenticated with it, so that a box cannot be moved. */
export function seal(key: Buffer, plain: Buffer, bound: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(bound));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when key, box or `bound` is not the one it was sealed with */
export function open(key: Buffer, box: Buffer, bound: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(bound));
  decipher.setAuthTag(box.subarray(box.length - tagBytes));
  return Buffer.concat([decipher.update(box.subarray(nonceBytes, -tagBytes)), decipher.final()]);
}

export interface SealedPayload {
  readonly ciphertext: Buffer;
  readonly commitment: Buffer;
}

/**
 * The commitment is HMAC-SHA-256 of the payload under a random salt that lies sealed with it: whoever holds the key
 * can prove what the leaf meant, and without the key the leaf tells nothing, not even to someone who guesses.
 */
export function sealPayload(key: Buffer, payload: unknown, bound: string): SealedPayload {
  const body = Buffer.from(JSON.stringify(payload));
  const salt = randomBytes(saltBytes);
  return { ciphertext: seal(key, Buffer.concat([salt, body]), bound), commitment: commit(salt, body) };
}

/** @throws when the box does not open or does not fit the commitment */
export function openPayload(key: Buffer, box: Buffer, commitment: Buffer, bound: string): unknown {
  const plain = open(key, box, bound);
  const body = plain.subarray(saltBytes);
  const expected = commit(plain.subarray(0, saltBytes), body);
  if (expected.length !== commitment.length || !timingSafeEqual(expected, commitment))
    throw new RangeError('commitment differs');
  return JSON.parse(body.toString()) as unknown;
}

function commit(salt: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', salt).update(body).digest();
}
