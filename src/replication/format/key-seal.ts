import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { FormatError } from './format.errors.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * Keeps data keys of files in a database whose dump, together with the bucket, must not open them: AES-256-GCM under a
 * key that is derived from a secret in the key folder. Wrapped with age, a million of them would take an hour to open.
 */
export class KeySeal {
  private readonly key: KeyObject;

  /** @param secret from the key folder @param purpose tells keys apart that are derived from the same secret */
  constructor(secret: Buffer, purpose: string) {
    this.key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES)));
  }

  /** @param name of the object, to which the result is bound @returns nonce ‖ sealed key ‖ tag */
  seal(name: string, dataKey: Buffer): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(name, 'utf8'));
    return Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws FormatError `format.key_missing` where it was sealed with another secret, for another name, or changed */
  open(name: string, sealed: Buffer): Buffer {
    try {
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, NONCE_BYTES), options);
      decipher.setAAD(Buffer.from(name, 'utf8')).setAuthTag(sealed.subarray(-TAG_BYTES));
      const dataKey = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
      decipher.final();
      if (dataKey.length !== KEY_BYTES) throw new RangeError('length of the data key');
      return dataKey;
    } catch (error) {
      throw new FormatError(
        'format.key_missing',
        'the kept key of a file cannot be opened with the secret in the key folder',
        { cause: error },
      );
    }
  }
}
