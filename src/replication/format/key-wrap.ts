import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { FormatError, malformed } from './format.errors.js';
import { LIMITS } from './limits.js';
import { recipientKey } from './shape.js';

const DATA_KEY_BYTES = 32;

/** The data key as an age v1 file for these recipients: any age program can unwrap it. */
export async function wrapKey(dataKey: Buffer, recipients: readonly string[]): Promise<Uint8Array> {
  const distinct = [...new Set(recipients)];
  if (distinct.length === 0) throw new FormatError('format.key_missing', 'nobody to seal to: no recipients');
  if (distinct.length > LIMITS.maxRecipients) throw malformed('too many recipients');
  const encrypter = new Encrypter();
  for (const recipient of distinct) encrypter.addRecipient(recipientKey(recipient, 'recipient'));
  return encrypter.encrypt(dataKey);
}

/** @param identities `AGE-SECRET-KEY-1…`; the first that fits is used */
export async function unwrapKey(wrapped: Buffer, identities: readonly string[]): Promise<Buffer> {
  if (identities.length === 0)
    throw new FormatError('format.key_missing', 'no identity to open the part with');
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  let dataKey: Buffer;
  try {
    dataKey = Buffer.from(await decrypter.decrypt(wrapped));
  } catch (error) {
    throw new FormatError('format.not_a_recipient', 'part: its key cannot be opened with this identity', {
      cause: error,
    });
  }
  if (dataKey.length !== DATA_KEY_BYTES) throw malformed('part: the data key has the wrong length');
  return dataKey;
}

export async function generateRecipient(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

export function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(identity);
}
