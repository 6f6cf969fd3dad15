import { signEnvelope } from './envelope.js';
import { FIRST_N, LIMITS } from './limits.js';
import {
  array,
  nullable,
  object,
  oneOf,
  recipientKey,
  replicaName,
  sha256Hex,
  tenantName,
  text,
  timestamp,
  whole,
} from './shape.js';
import { openStatement, type StatementExpectation } from './signed-statement.js';
import type { Signer } from './signing-key.js';
import type { TrustChain } from './trust-root.js';

export const RECEIPT_TYPE = 'application/vnd.holdfast.receipt+json';

/** What one replica has said, at the time of the receipt. */
export interface ReceiptReplica {
  name: string;
  /** `acknowledged`: its signed ack says that it stands in this generation */
  state: 'acknowledged' | 'unacknowledged';
  generation: number | null;
  n: number | null;
  appliedAt: string | null;
  /** recipients whose private keys it says it has destroyed */
  destroyed: string[];
}

/** Signed record of what left the bucket when a generation took the place of the older ones. */
export interface Receipt {
  format: 'holdfast-receipt/1';
  tenant: string;
  root: number;
  /** the generation that was made without what had to go */
  generation: number;
  /** of its first manifest */
  manifest: string;
  /** why it was made */
  reason: string;
  /** the numbers of the erasures that it answers; the premises know whom each concerns */
  erasures: { id: string; requestedAt: string }[];
  purged: {
    generations: number[];
    /** objects that were deleted: manifests, parts, lists */
    objects: number;
    /** the recipients that those generations were sealed to */
    recipients: string[];
  };
  /** a listing of the bucket, after the deletion */
  listing: { at: string; objectsOfOlderGenerations: number };
  replicas: ReceiptReplica[];
  /** what this receipt does not show, as codes: see docs/replica-format.md */
  notProven: string[];
  /** rises each time the same receipt is written anew */
  sequence: number;
  createdAt: string;
}

const uuid = text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID');
const shape = object({
  format: oneOf('holdfast-receipt/1'),
  tenant: tenantName,
  root: whole(1),
  generation: whole(1),
  manifest: sha256Hex,
  reason: text(/^[^\n]{1,200}$/, 'a line of text'),
  erasures: array(object({ id: uuid, requestedAt: timestamp }), LIMITS.maxErasures),
  purged: object({
    generations: array(whole(1), LIMITS.maxErasures),
    objects: whole(0),
    recipients: array(recipientKey, LIMITS.maxErasures),
  }),
  listing: object({ at: timestamp, objectsOfOlderGenerations: whole(0) }),
  replicas: array(
    object({
      name: replicaName,
      state: oneOf('acknowledged', 'unacknowledged'),
      generation: nullable(whole(1)),
      n: nullable(whole(FIRST_N)),
      appliedAt: nullable(timestamp),
      destroyed: array(recipientKey, 64),
    }),
    LIMITS.maxRecipients,
  ),
  notProven: array(text(/^[a-z][a-z0-9-]*(:[a-z0-9-]+)?$/, 'a code'), 1_000),
  sequence: whole(1),
  createdAt: timestamp,
});

export function signReceipt(receipt: Receipt, signer: Signer): Buffer {
  return signEnvelope(RECEIPT_TYPE, shape(receipt, 'receipt'), [signer]);
}

/** @throws FormatError */
export function verifyReceipt(bytes: Buffer, trust: TrustChain, expect: StatementExpectation): Receipt {
  const options = {
    payloadType: RECEIPT_TYPE,
    maxBytes: LIMITS.maxSmallObjectBytes,
    shape,
    what: 'receipt',
  };
  return openStatement(bytes, options, trust, expect);
}
