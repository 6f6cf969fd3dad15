import {
  comparePositions,
  formatPosition,
  type Manifest,
  type Position,
  type TypeState,
} from '../format/index.js';
import type { Look } from './look.js';

/** Holds a manifest against what the premises recorded before it left. */
export async function comparePremises(
  look: Look,
  key: string,
  manifest: Manifest,
  digest: string,
): Promise<void> {
  const { premises, findings } = look;
  const span = (await premises?.span()) ?? null;
  if (premises === null || span === null || comparePositions(manifest, span.oldest) < 0) return;
  const recorded = await premises.batch(manifest);
  if (recorded === null) {
    const message = `the premises know of no batch ${formatPosition(manifest)}`;
    findings.add('error', 'verify.premises_differ', key, message);
    return;
  }
  look.tally.comparedWithPremises += 1;
  for (const type of differing(manifest.types, recorded.types))
    findings.add(
      'error',
      'verify.premises_differ',
      key,
      `type ${type}: count or checksum is not what the premises recorded`,
    );
  if (recorded.digest !== digest)
    findings.add(
      'error',
      'verify.premises_differ',
      key,
      'the premises recorded another manifest for this place',
    );
}

/** A bucket that was set back as a whole is good in itself: only who knows where it stood can tell. */
export async function comparePremisesHead(
  { premises, findings }: Look,
  standing: Position | null,
): Promise<void> {
  const span = (await premises?.span()) ?? null;
  if (span === null || (standing !== null && comparePositions(standing, span.newest) >= 0)) return;
  const at = standing === null ? 'nowhere' : `at ${formatPosition(standing)}`;
  findings.add(
    'error',
    'verify.rolled_back',
    null,
    `the bucket stands ${at}, and the premises published ${formatPosition(span.newest)}`,
  );
}

function differing(signed: readonly TypeState[], recorded: readonly TypeState[]): string[] {
  const known = new Map(recorded.map((state) => [state.type, state]));
  const names = new Set([...signed, ...recorded].map(({ type }) => type));
  const ofManifest = new Map(signed.map((state) => [state.type, state]));
  return [...names].filter((type) => {
    const [ours, theirs] = [ofManifest.get(type), known.get(type)];
    return ours?.count !== theirs?.count || ours?.checksum !== theirs?.checksum;
  });
}
