import {
  comparePositions,
  digestOf,
  FormatError,
  formatPosition,
  LIMITS,
  manifestPrefix,
  parseManifestKey,
  verifyManifest,
  type Manifest,
} from '../format/index.js';
import type { Look } from './look.js';
import { ahead } from './task-pool.js';

/** Requests under way at once; each may hold a manifest of 16 MiB. */
const LOOKAHEAD = 8;

/** What a reader takes as the manifest of a place. */
export interface StandingManifest {
  n: number;
  key: string;
  /** null: what stands there is not to be believed, and is reported */
  manifest: Manifest | null;
  digest: string;
  /** signed by a key that the newest root no longer has: good only where a later one continues it */
  isByRetiredKey: boolean;
}

interface Place {
  n: number;
  plain: string | null;
  /** highest last, as they are listed */
  epochs: { key: string; epoch: number }[];
}

/** The manifests of a generation in the order of their numbers, each by itself: signature, tenant, members, place. */
export function standingManifests(look: Look, generation: number): AsyncIterable<StandingManifest> {
  return ahead(places(look, generation), LOOKAHEAD, (place) => standing(look, generation, place));
}

async function* places(look: Look, generation: number): AsyncIterable<Place> {
  let place: Place = { n: 0, plain: null, epochs: [] };
  for await (const { key } of look.reader.list(manifestPrefix(generation))) {
    const named = parseManifestKey(key);
    if (named === null) continue;
    if (place.n !== named.n) {
      if (place.n > 0) yield place;
      place = { n: named.n, plain: null, epochs: [] };
    }
    if (named.epoch === null) place.plain = key;
    else place.epochs.push({ key, epoch: named.epoch });
  }
  if (place.n > 0) yield place;
}

/** A plain key comes before any with an epoch; of those the highest signed one counts, and the others are too many. */
async function standing(
  look: Look,
  generation: number,
  { n, plain, epochs }: Place,
): Promise<StandingManifest> {
  const candidates: { key: string; epoch: number | null }[] = [...epochs].reverse();
  if (plain !== null) candidates.unshift({ key: plain, epoch: null });
  let taken: StandingManifest | null = null;
  for (const { key, epoch } of candidates) {
    if (taken !== null) {
      look.findings.add('error', 'verify.surplus', key, `readers take ${taken.key} for this place instead`);
      continue;
    }
    const { isUnsigned, ...judged } = await judge(look, { generation, n }, key, epoch);
    if (epoch === null || !isUnsigned) taken = judged;
  }
  return taken ?? { n, key: candidates[0]?.key ?? '', manifest: null, digest: '', isByRetiredKey: false };
}

async function judge(
  look: Look,
  place: { generation: number; n: number },
  key: string,
  epoch: number | null,
): Promise<StandingManifest & { isUnsigned: boolean }> {
  const result = { n: place.n, key, manifest: null, digest: '', isByRetiredKey: false, isUnsigned: false };
  try {
    const bytes = await look.reader.whole(key, LIMITS.maxManifestBytes);
    const { manifest, isByRetiredKey } = open(look, bytes);
    if (comparePositions(manifest, place) !== 0 || (epoch !== null && manifest.epoch !== epoch))
      throw new FormatError(
        'format.out_of_place',
        `this is manifest ${formatPosition(manifest)} of epoch ${String(manifest.epoch)}`,
      );
    return { ...result, manifest, isByRetiredKey, digest: digestOf(bytes) };
  } catch (error) {
    look.findings.refuse(key, error);
    const code = error instanceof FormatError ? error.code : null;
    return { ...result, isUnsigned: code === 'format.signature_invalid' || code === 'format.malformed' };
  }
}

function open(look: Look, bytes: Buffer): { manifest: Manifest; isByRetiredKey: boolean } {
  const { tenant } = look.trust.current;
  try {
    return { manifest: verifyManifest(bytes, look.trust, { tenant }), isByRetiredKey: false };
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== 'format.signature_invalid') throw error;
    // Whether its digest is the one that its successors continue shows later, when they are read.
    const manifest = verifyManifest(bytes, look.trust, { tenant, anchor: digestOf(bytes) });
    return { manifest, isByRetiredKey: true };
  }
}
