// Signed notes after C2SP (c2sp.org/signed-note), with Ed25519 keys: text, an empty line, one line per signature.
import { createHash } from 'node:crypto';

const ED25519 = 1;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;

/** @param publicKey base64 of its 32 bytes */
export type CheckSignature = (publicKey: string, bytes: Buffer, signature: Buffer) => boolean;

export interface NoteSigner {
  /** base64 of the 32 bytes of an Ed25519 key */
  readonly publicKey: string;
  sign(bytes: Buffer): Buffer;
}

/** @param text ends with a newline and holds no empty line */
export function signNote(text: string, name: string, signer: NoteSigner): string {
  const signature = Buffer.concat([keyIdOf(name, signer.publicKey), signer.sign(Buffer.from(text))]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/**
 * The text of a note that one of the keys signed under this name; null where none did, or where it is no note. As the
 * format wants it, signatures by other names and keys are passed over, and a known key whose signature is wrong spoils it.
 */
export function openNote(
  note: string,
  name: string,
  publicKeys: readonly string[],
  check: CheckSignature,
): string | null {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, end + 1);
  let isSigned = false;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, signedBy, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
    if (signedBy === undefined || encoded === undefined) return null;
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.toString('base64') !== encoded) return null;
    const id = bytes.subarray(0, ID_BYTES);
    const key = publicKeys.find((publicKey) => keyIdOf(name, publicKey).equals(id));
    if (signedBy !== name || key === undefined) continue;
    const signature = bytes.subarray(ID_BYTES);
    if (signature.length !== SIGNATURE_BYTES || !check(key, Buffer.from(text), signature)) return null;
    isSigned = true;
  }
  return isSigned ? text : null;
}

/** What names a key in a signature's line: four bytes, no more than a hint which key to try. */
function keyIdOf(name: string, publicKey: string): Buffer {
  const kind = Buffer.from([ED25519]);
  const hash = createHash('sha256').update(`${name}\n`).update(kind).update(Buffer.from(publicKey, 'base64'));
  return hash.digest().subarray(0, ID_BYTES);
}
