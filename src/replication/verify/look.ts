import type { Beat, Position, TrustChain } from '../format/index.js';
import type { Findings } from './findings.js';
import type { ObjectReader } from './object-reader.js';
import type { PremisesRecord } from './premises.port.js';

/** What one look at a bucket shares. */
export interface Look {
  reader: ObjectReader;
  findings: Findings;
  trust: TrustChain;
  /** null: not there, or not to be believed */
  beat: Beat | null;
  /** `AGE-SECRET-KEY-1…`; empty where only bytes are compared */
  identities: readonly string[];
  /** public halves of them */
  recipients: ReadonlySet<string>;
  premises: PremisesRecord | null;
  floor: Position | null;
  /** by which expiry and graces are judged */
  now: Date;
  tally: Tally;
  /** what replicas say that they applied; read before the manifests are */
  acks: AckNote[];
}

export interface AckNote extends Position {
  key: string;
  /** digest of the manifest */
  manifest: string;
}

export interface Amount {
  objects: number;
  bytes: number;
}

/** Objects that are neither good nor bad. */
export interface Tally {
  inFlight: Amount;
  condemned: Amount;
  opened: { parts: number; rows: number; attachments: number };
  comparedWithPremises: number;
}

export const emptyTally = (): Tally => ({
  inFlight: { objects: 0, bytes: 0 },
  condemned: { objects: 0, bytes: 0 },
  opened: { parts: 0, rows: 0, attachments: 0 },
  comparedWithPremises: 0,
});

export function count(amount: Amount, bytes: number): void {
  amount.objects += 1;
  amount.bytes += bytes;
}

/** The connector removes at leisure; within this time nothing is late. */
export const GRACE_MS = 10 * 60_000;
