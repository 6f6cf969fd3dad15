import { signEnvelope } from './envelope.js';
import { FIRST_N, LIMITS } from './limits.js';
import { object, oneOf, sha256Hex, tenantName, timestamp, whole } from './shape.js';
import { openStatement } from './signed-statement.js';
import type { Signer } from './signing-key.js';
import type { TrustChain } from './trust-root.js';

export const BEAT_TYPE = 'application/vnd.holdfast.beat+json';

/** Short-lived word of the connector: this is the newest manifest, and nothing had changed since at `asOf`. */
export interface Beat {
  format: 'holdfast-beat/1';
  tenant: string;
  /** newest root; a reader that has not got it fetches it first */
  root: number;
  generation: number;
  n: number;
  /** SHA-256 of that manifest object */
  manifest: string;
  epoch: number;
  asOf: string;
  createdAt: string;
  /** after this the state is still authentic, but stale */
  expires: string;
}

const shape = object({
  format: oneOf('holdfast-beat/1'),
  tenant: tenantName,
  root: whole(1),
  generation: whole(1),
  n: whole(FIRST_N),
  manifest: sha256Hex,
  epoch: whole(0),
  asOf: timestamp,
  createdAt: timestamp,
  expires: timestamp,
});

export function signBeat(beat: Beat, signer: Signer): Buffer {
  return signEnvelope(BEAT_TYPE, shape(beat, 'beat'), [signer]);
}

/** Does not judge `expires`: an expired beat is authentic all the same. @throws FormatError */
export function verifyBeat(bytes: Buffer, trust: TrustChain, expect: { tenant: string }): Beat {
  const options = { payloadType: BEAT_TYPE, maxBytes: LIMITS.maxSmallObjectBytes, shape, what: 'beat' };
  return openStatement(bytes, options, trust, expect);
}
