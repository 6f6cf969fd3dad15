import { assertSigned, openEnvelope, signEnvelope } from './envelope.js';
import { FormatError } from './format.errors.js';
import { FIRST_N, LIMITS } from './limits.js';
import {
  array,
  base64,
  object,
  oneOf,
  recipientKey,
  replicaName,
  sha256Hex,
  tenantName,
  timestamp,
  whole,
} from './shape.js';
import { keyIdOf, type Signer } from './signing-key.js';
import { parseExactJson } from './strict-encoding.js';
import { keysById, type TrustRoot } from './trust-root.js';

export const ACK_TYPE = 'application/vnd.holdfast.ack+json';
export const ENROLMENT_TYPE = 'application/vnd.holdfast.enrolment+json';

/** What a replica has applied and which of its keys live, signed by it. */
export interface Ack {
  format: 'holdfast-ack/1';
  tenant: string;
  replica: string;
  root: number;
  generation: number;
  n: number;
  /** SHA-256 of the applied manifest object */
  manifest: string;
  asOf: string;
  appliedAt: string;
  /** a later ack replaces an earlier one by this number, not by its time */
  sequence: number;
  /** where to seal: the recipient for objects from this generation on */
  recipients: { fromGeneration: number; recipient: string }[];
  /** recipients whose private keys it has destroyed */
  destroyed: string[];
}

/** A replica's application to be named in the next root; carried by hand. */
export interface Enrolment {
  format: 'holdfast-enrolment/1';
  tenant: string;
  name: string;
  key: string;
  recipient: string;
  createdAt: string;
}

const ackShape = object({
  format: oneOf('holdfast-ack/1'),
  tenant: tenantName,
  replica: replicaName,
  root: whole(1),
  generation: whole(1),
  n: whole(FIRST_N),
  manifest: sha256Hex,
  asOf: timestamp,
  appliedAt: timestamp,
  sequence: whole(1),
  recipients: array(object({ fromGeneration: whole(1), recipient: recipientKey }), 16, 1),
  destroyed: array(recipientKey, 64),
});
const enrolmentShape = object({
  format: oneOf('holdfast-enrolment/1'),
  tenant: tenantName,
  name: replicaName,
  key: base64(32),
  recipient: recipientKey,
  createdAt: timestamp,
});

export function signAck(ack: Ack, signer: Signer): Buffer {
  return signEnvelope(ACK_TYPE, ackShape(ack, 'ack'), [signer]);
}

/** @param root the newest root: a replica that it no longer names is not believed */
export function verifyAck(bytes: Buffer, root: TrustRoot, expect: { replica: string }): Ack {
  const replica = root.replicas.find((entry) => entry.name === expect.replica);
  if (replica === undefined)
    throw new FormatError('format.key_missing', 'ack: the root names no such replica');
  const envelope = openEnvelope(bytes, ACK_TYPE, LIMITS.maxSmallObjectBytes);
  assertSigned(envelope, keysById([replica.key]), 'ack');
  const ack = ackShape(parseExactJson(envelope.payload, 'ack'), 'ack');
  if (ack.tenant !== root.tenant)
    throw new FormatError('format.other_tenant', 'ack: belongs to another tenant');
  if (ack.replica !== expect.replica)
    throw new FormatError('format.out_of_place', 'ack: belongs to another replica');
  return ack;
}

export function signEnrolment(enrolment: Enrolment, signer: Signer): Buffer {
  return signEnvelope(ENROLMENT_TYPE, enrolmentShape(enrolment, 'enrolment'), [signer]);
}

/** Proves that the applicant holds the key it names; that it is the right applicant is for a person to confirm. */
export function verifyEnrolment(bytes: Buffer, expect: { tenant: string }): Enrolment {
  const envelope = openEnvelope(bytes, ENROLMENT_TYPE, LIMITS.maxSmallObjectBytes);
  const value = parseExactJson(envelope.payload, 'enrolment');
  assertKnownFormat(value);
  const enrolment = enrolmentShape(value, 'enrolment');
  assertSigned(envelope, new Map([[keyIdOf(enrolment.key), enrolment.key]]), 'enrolment');
  if (enrolment.tenant !== expect.tenant)
    throw new FormatError('format.other_tenant', 'enrolment: for another tenant');
  return enrolment;
}

/** Before the members are checked: another format may have members that look unknown here. */
function assertKnownFormat(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('format' in value)) return;
  const [, version] = /^holdfast-enrolment\/(\d{1,4})$/.exec(String(value.format)) ?? [];
  if (version === undefined || version === '1') return;
  throw new FormatError(
    'format.reader_too_old',
    `enrolment: of format ${version}, and this program knows format 1`,
  );
}
