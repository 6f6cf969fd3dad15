import { FormatError, malformed } from './format.errors.js';
import { array, base64, object, sha256Hex, text } from './shape.js';
import { verifySignature, type Signer } from './signing-key.js';
import { decodeBase64, parseExactJson } from './strict-encoding.js';

/**
 * DSSE v1 (github.com/secure-systems-lab/dsse): the signature covers the payload's exact bytes and its type, so
 * nothing is parsed before it is verified, and a beat can never be taken for a manifest.
 */
export interface Envelope {
  payloadType: string;
  payload: Buffer;
  signatures: { keyid: string; sig: Buffer }[];
}

const payloadText = text(/^[A-Za-z0-9+/]+={0,2}$/, 'base64', Number.MAX_SAFE_INTEGER);
const shape = object({
  payloadType: text(/^[a-z0-9/.+-]+$/, 'a payload type'),
  payload: payloadText,
  signatures: array(object({ keyid: sha256Hex, sig: base64(64) }), 16, 1),
});

export function signEnvelope(payloadType: string, payload: unknown, signers: readonly Signer[]): Buffer {
  const bytes = Buffer.from(JSON.stringify(payload), 'utf8');
  const message = preAuthenticationEncoding(payloadType, bytes);
  const signatures = signers.map((signer) => ({
    keyid: signer.keyId,
    sig: signer.sign(message).toString('base64'),
  }));
  return Buffer.from(JSON.stringify({ payloadType, payload: bytes.toString('base64'), signatures }), 'utf8');
}

/** Takes an envelope apart. Nothing in it is authentic until {@link assertSigned}. */
export function openEnvelope(bytes: Buffer, payloadType: string, maxBytes: number): Envelope {
  if (bytes.length > maxBytes) throw new FormatError('format.too_large', 'envelope: too large');
  const raw = shape(parseExactJson(bytes, 'envelope'), 'envelope');
  if (raw.payloadType !== payloadType) throw malformed(`envelope: expected a ${payloadType}`);
  return {
    payloadType: raw.payloadType,
    payload: decodeBase64(raw.payload, 'envelope.payload'),
    signatures: raw.signatures.map(({ keyid, sig }) => ({ keyid, sig: Buffer.from(sig, 'base64') })),
  };
}

/**
 * Every signature must be by a known key and valid, each key counting once: a surplus one that nobody can check would
 * be bytes that nobody vouches for.
 * @param keys public keys by id
 * @returns ids of the keys that signed
 */
export function assertSigned(
  envelope: Envelope,
  keys: ReadonlyMap<string, string>,
  what: string,
): Set<string> {
  const message = preAuthenticationEncoding(envelope.payloadType, envelope.payload);
  const signed = new Set<string>();
  for (const { keyid, sig } of envelope.signatures) {
    const publicKey = keys.get(keyid);
    if (publicKey === undefined)
      throw new FormatError('format.signature_invalid', `${what}: signed by an unknown key`);
    if (signed.has(keyid) || !verifySignature(publicKey, message, sig)) {
      throw new FormatError('format.signature_invalid', `${what}: signature does not verify`);
    }
    signed.add(keyid);
  }
  return signed;
}

function preAuthenticationEncoding(payloadType: string, payload: Buffer): Buffer {
  const start = `DSSEv1 ${String(Buffer.byteLength(payloadType))} ${payloadType} ${String(payload.length)} `;
  return Buffer.concat([Buffer.from(start, 'utf8'), payload]);
}
