import type { TypeState } from '../format/index.js';
import type { Finding, Findings, Severity } from './findings.js';
import type { Inventory } from './inventory.js';
import type { Amount, Look } from './look.js';

/** Where the bucket stands: the last manifest that follows without a gap. */
export interface Standing {
  generation: number;
  n: number;
  /** SHA-256 of the manifest; with the place it is what a later look can be held against */
  manifest: string;
  asOf: string;
  types: TypeState[];
}

/** What a look at a bucket came to. */
export interface VerifyReport {
  tenant: string;
  /** without credentials */
  bucket: string;
  root: { pinned: number; newest: number };
  standing: Standing | null;
  beat: { expires: string; isExpired: boolean } | null;
  /** in the bucket, by its listing */
  objects: number;
  bytes: number;
  bytesRead: number;
  seconds: number;
  inFlight: Amount;
  condemned: Amount;
  /** null without an identity */
  opened: { parts: number; rows: number; attachments: number } | null;
  /** batches; null where the premises were not asked */
  comparedWithPremises: number | null;
  counts: Record<Severity, number>;
  findings: readonly Finding[];
  /** findings that are counted and not listed */
  omittedFindings: number;
}

export function makeReport(
  look: Look,
  found: {
    findings: Findings;
    inventory: Inventory;
    standing: Standing | null;
    pinned: number;
    bucket: string;
  },
): VerifyReport {
  const { beat, now, trust, tally, identities, premises, reader } = look;
  const { findings, inventory, standing, pinned, bucket } = found;
  const { bytes: bytesRead, seconds } = reader.progress.view;
  const isExpired = beat !== null && Date.parse(beat.expires) < now.getTime();
  return {
    ...{ tenant: trust.current.tenant, bucket, root: { pinned, newest: trust.current.version }, standing },
    beat: beat === null ? null : { expires: beat.expires, isExpired },
    ...{ objects: inventory.objects, bytes: inventory.bytes, bytesRead, seconds },
    ...{ inFlight: tally.inFlight, condemned: tally.condemned },
    opened: identities.length === 0 ? null : tally.opened,
    comparedWithPremises: premises === null ? null : tally.comparedWithPremises,
    ...{ counts: findings.counts, findings: findings.kept, omittedFindings: findings.omitted },
  };
}
