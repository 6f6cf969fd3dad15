import {
  beatKey,
  comparePositions,
  formatPosition,
  LIMITS,
  verifyBeat,
  type Beat,
  type Position,
  type TrustChain,
} from '../format/index.js';
import { ObjectNotFound } from '../../platform/bucket/index.js';
import type { Findings } from './findings.js';
import type { Look } from './look.js';
import type { ObjectReader } from './object-reader.js';

/** null: not there or not to be believed, which is reported */
export async function readBeat(
  reader: ObjectReader,
  findings: Findings,
  trust: TrustChain,
): Promise<Beat | null> {
  try {
    const bytes = await reader.whole(beatKey, LIMITS.maxSmallObjectBytes);
    return verifyBeat(bytes, trust, { tenant: trust.current.tenant });
  } catch (error) {
    if (error instanceof ObjectNotFound)
      findings.add('error', 'verify.missing', beatKey, 'without a beat nothing says what is newest');
    else findings.refuse(beatKey, error);
    return null;
  }
}

/** Whether the beat is good now, and says what the manifests say. */
export function checkBeat({ beat, findings, now }: Look, standing: Position | null, isFresh: boolean): void {
  if (beat === null) return;
  const isExpired = Date.parse(beat.expires) < now.getTime();
  const isBehind = standing !== null && comparePositions(standing, beat) > 0;
  if (isBehind) {
    const message = `the beat names ${formatPosition(beat)}, and there is ${formatPosition(standing)}`;
    // Every manifest is followed by a beat, so one that has expired by now was held back or set back.
    if (isExpired)
      findings.add(
        'error',
        'verify.beat_behind',
        beatKey,
        `${message}: held back or set back, or a copy, see --at`,
      );
    else findings.add('notice', 'verify.beat_behind', beatKey, `${message}: its beat is on its way`);
  }
  if (isExpired)
    findings.add(
      isFresh ? 'error' : 'notice',
      'verify.beat_expired',
      beatKey,
      `expired at ${beat.expires}: authentic, but there may be something newer`,
    );
}

/** A bucket that was set back as a whole is good in itself: only who remembers where it stood can tell. */
export function checkFloor({ floor, findings }: Look, standing: Position | null): void {
  if (floor === null || (standing !== null && comparePositions(standing, floor) >= 0)) return;
  const at = standing === null ? 'nowhere' : `at ${formatPosition(standing)}`;
  findings.add(
    'error',
    'verify.rolled_back',
    null,
    `the bucket stands ${at}, below the floor ${formatPosition(floor)}`,
  );
}
