import {
  ackPrefix,
  comparePositions,
  FormatError,
  formatPosition,
  LIMITS,
  parseAckKey,
  verifyAck,
  type Position,
} from '../format/index.js';
import type { Look } from './look.js';
import { OBJECT_KINDS, type ObjectKind, type StatementKind } from './object-kinds.js';

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

/** Kinds that stand by their signature alone, each under the key that it names itself. */
export async function checkStatements(look: Look): Promise<void> {
  for (const { name, isKey, statements } of OBJECT_KINDS)
    if (statements !== undefined) await checkFolder(look, { name, isKey, ...statements });
}

async function checkFolder(
  look: Look,
  { name, isKey, prefix, verify }: StatementKind & Pick<ObjectKind, 'name' | 'isKey'>,
): Promise<void> {
  for await (const { key } of look.reader.list(prefix)) {
    if (!isKey(key)) continue;
    try {
      const bytes = await look.reader.whole(key, LIMITS.maxSmallObjectBytes);
      if (verify(bytes, look.trust) !== key)
        throw new FormatError('format.out_of_place', `${name}: belongs under another key`);
    } catch (error) {
      look.findings.refuse(key, error);
    }
  }
}
