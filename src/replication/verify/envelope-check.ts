import {
  ackPrefix,
  comparePositions,
  digestOf,
  FormatError,
  formatPosition,
  LIMITS,
  parseAckKey,
  verifyAck,
  type Position,
} from '../format/index.js';
import type { Look } from './look.js';
import { OBJECT_KINDS, type EnvelopeKind, type ObjectKind } from './object-kinds.js';

/** The acks. What they name is noted, to be compared when the manifests are read. */
export async function checkAcks(look: Look): Promise<void> {
  for await (const { key } of look.reader.list(ackPrefix)) {
    const replica = parseAckKey(key);
    if (replica === null) continue;
    try {
      const bytes = await look.reader.whole(key, LIMITS.maxSmallObjectBytes);
      const ack = verifyAck(bytes, look.trust.current, { replica });
      look.acks.push({ key, generation: ack.generation, n: ack.n, manifest: ack.manifest });
    } catch (error) {
      const isGone = error instanceof FormatError && error.code === 'format.key_missing';
      look.findings.refuse(key, error, isGone ? 'warning' : 'error');
    }
  }
}

/** A replica that stands beyond the bucket is a witness that it was set back. Acks are read before manifests. */
export function checkAckPlaces({ acks, findings }: Look, standing: Position | null): void {
  for (const ack of acks) {
    if (standing === null || comparePositions(ack, standing) <= 0) continue;
    const message = `the replica has applied ${formatPosition(ack)}; the bucket stands at ${formatPosition(standing)}`;
    findings.add('error', 'verify.rolled_back', ack.key, message);
  }
}

/** Kinds that are nothing but signed envelopes: whoever may sign them is believed. */
export async function checkEnvelopes(look: Look): Promise<void> {
  for (const { name, isKey, envelopes } of OBJECT_KINDS)
    if (envelopes !== undefined) await checkFolder(look, { name, isKey, ...envelopes });
}

async function checkFolder(
  look: Look,
  { name, isKey, prefix, verify }: EnvelopeKind & Pick<ObjectKind, 'name' | 'isKey'>,
): Promise<void> {
  // Where nothing binds an envelope to its key, a second one of the same bytes would look as good as the first.
  const seen = new Set<string>();
  for await (const { key } of look.reader.list(prefix)) {
    if (!isKey(key)) continue;
    try {
      const bytes = await look.reader.whole(key, LIMITS.maxSmallObjectBytes);
      const place = verify(bytes, look.trust);
      if (place !== null && place !== key)
        throw new FormatError('format.out_of_place', `${name}: belongs under another key`);
      const digest = digestOf(bytes);
      if (seen.has(digest))
        throw new FormatError('format.out_of_place', `${name}: the same lies under another key as well`);
      seen.add(digest);
    } catch (error) {
      look.findings.refuse(key, error);
    }
  }
}
