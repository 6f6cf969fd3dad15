import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { malformed } from './format.errors.js';

/** Ed25519 (RFC 8032). A public key is written as base64 of its 32 bytes; its id is the SHA-256 of those bytes. */
export interface Signer {
  readonly keyId: string;
  readonly publicKey: string;
  sign(bytes: Buffer): Buffer;
}

// RFC 8410: what stands before the 32 bytes in a SubjectPublicKeyInfo.
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
}

export function verifySignature(publicKey: string, bytes: Buffer, signature: Buffer): boolean {
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(publicKey, 'base64')]);
  return verify(null, bytes, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

/** @returns the private key as PKCS #8 PEM */
export function generateSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

export function signerFrom(pem: string): Signer {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (error) {
    throw malformed('signing key: not a private key', error);
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw malformed('signing key: not Ed25519');
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = der.subarray(SPKI_PREFIX.length).toString('base64');
  return { publicKey, keyId: keyIdOf(publicKey), sign: (bytes) => sign(null, bytes, privateKey) };
}
