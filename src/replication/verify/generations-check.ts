import { comparePositions, FIRST_N, manifestKey } from '../format/index.js';
import { GenerationCheck, type GenerationOutcome } from './generation-check.js';
import type { Inventory } from './inventory.js';
import type { Look } from './look.js';
import type { Standing } from './report.js';

const REBASE_KEEP_MS = 3_600_000;

export interface GenerationOutcomes {
  /** ascending: the one that the beat names, and one that is being begun */
  inUse: GenerationOutcome[];
}

/** The generation that the beat names and those after it first, since they say from when on the older ones are too many. */
export async function checkGenerations(
  look: Look,
  { generations, newest }: Inventory,
): Promise<GenerationOutcomes> {
  const current = look.beat?.generation ?? newest;
  const wanted = new Set(generations.filter((generation) => generation >= current));
  if (look.beat !== null) wanted.add(current);
  const inUse: GenerationOutcome[] = [];
  for (const generation of [...wanted].sort((a, b) => a - b))
    inUse.push(await new GenerationCheck(look, generation, false).run());
  const since = goneSince(inUse.find(({ generation }) => generation === current)?.first ?? null);
  const old: GenerationOutcome[] = [];
  for (const generation of generations.filter((generation) => generation < current))
    old.push(await new GenerationCheck(look, generation, true, since).run());
  checkSuccession(look, [...old, ...inUse]);
  return { inUse };
}

/** One that was made anew beside the older one leaves it an hour for readers on their way through it. */
function goneSince(first: GenerationOutcome['first']): Date | null {
  if (first === null) return null;
  const begun = Date.parse(first.createdAt);
  return new Date(first.equals === null ? begun : begun + REBASE_KEEP_MS);
}

export function standingOf(inUse: readonly GenerationOutcome[]): Standing | null {
  const head = inUse.findLast((outcome) => outcome.head !== null)?.head;
  if (head === undefined || head === null) return null;
  const { generation, n, digest: manifest, asOf, types } = head;
  return { generation, n, manifest, asOf, types };
}

/** What a generation says of the one before it, as far as that is still there. */
function checkSuccession({ findings }: Look, outcomes: readonly GenerationOutcome[]): void {
  let highest = 0;
  for (const { generation, first, head } of outcomes) {
    const key = manifestKey(generation, FIRST_N);
    if (first !== null && first.root < highest)
      findings.add(
        'error',
        'format.chain_broken',
        key,
        'its root is older than that of the generation before',
      );
    if (first !== null && !isTheSame(first, outcomes))
      findings.add(
        'error',
        'verify.state_differs',
        key,
        'it is not the state of the manifest that it equals',
      );
    highest = Math.max(highest, head?.root ?? 0);
  }
}

/** A reader takes the place over without reading a part, so counts and checksums must be the very same. */
function isTheSame(
  { equals, types }: NonNullable<GenerationOutcome['first']>,
  outcomes: readonly GenerationOutcome[],
): boolean {
  const head = outcomes.find(({ generation }) => generation === equals?.generation)?.head ?? null;
  if (equals === null || head === null || comparePositions(head, equals) !== 0) return true;
  const spelled = (states: typeof types) =>
    states.map(({ type, count, checksum }) => `${type} ${String(count)} ${checksum}`).sort();
  return head.digest === equals.manifest && spelled(head.types).join() === spelled(types).join();
}
