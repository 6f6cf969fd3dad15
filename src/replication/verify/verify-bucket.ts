import type { Bucket } from '../../platform/bucket/index.js';
import { comparePositions, recipientOf, TrustChain, type Beat, type Position } from '../format/index.js';
import { AttachmentCheck } from './attachment-check.js';
import { checkBeat, checkFloor, readBeat } from './beat-check.js';
import { Findings } from './findings.js';
import { checkGenerations, standingOf } from './generations-check.js';
import { takeInventory } from './inventory.js';
import { emptyTally, type Look } from './look.js';
import { ObjectReader } from './object-reader.js';
import { assertOurs } from './ownership.js';
import { comparePremisesHead } from './premises-check.js';
import type { PremisesRecord } from './premises.port.js';
import { Progress, type ProgressView } from './progress.js';
import { makeReport, type VerifyReport } from './report.js';
import { checkAckPlaces, checkAcks, checkStatements } from './statement-check.js';
import { checkRoots } from './trust-check.js';

export interface VerifyOptions {
  bucket: Bucket;
  /** a root of trust that came by another way than the bucket */
  root: Buffer;
  /** `AGE-SECRET-KEY-1…` of recipients: parts and attachments are opened, and rows are added up */
  identities?: readonly string[];
  /** where the bucket stood at least, as somebody remembers it */
  floor?: Position;
  /** an expired beat is an error and not only a notice */
  isFresh?: boolean;
  /** judges expiry as of then: for a copy, when it was made; now when left out */
  at?: Date;
  /** what the premises recorded of the batches that they published */
  premises?: PremisesRecord;
  onProgress?: (view: ProgressView) => void;
  signal?: AbortSignal;
}

/** A bucket in use moves on while it is looked at; what seems missing may just have been removed. */
const LOOKS = 3;

/**
 * Holds every byte of every object of a bucket against what the root of trust vouches for. Writes nothing.
 * @throws CannotVerify where nothing can be said; BucketError where the bucket cannot be read
 */
export async function verifyBucket(options: VerifyOptions): Promise<VerifyReport> {
  for (let look = 1; ; look += 1) {
    const { report, beat, reader, trust } = await lookOnce(options);
    const isClean = report.counts.error + report.counts.warning === 0;
    if (isClean || look === LOOKS || !(await hasMoved(reader, trust, beat))) return report;
  }
}

interface Looked {
  report: VerifyReport;
  beat: Beat | null;
  reader: ObjectReader;
  trust: TrustChain;
}

async function lookOnce(options: VerifyOptions): Promise<Looked> {
  const { bucket, root, isFresh = false } = options;
  const findings = new Findings();
  const signal = options.signal ?? new AbortController().signal;
  const reader = new ObjectReader(bucket, new Progress(options.onProgress), signal);
  const trust = await checkRoots(reader, findings, root);
  // before the beat: what the premises had published by then must be in the bucket
  await options.premises?.refresh();
  const beat = await readBeat(reader, findings, trust);
  const inventory = await takeInventory(reader, findings);
  const look = await makeLook(options, { reader, findings, trust, beat });
  await assertOurs(look, inventory);
  await checkAcks(look);
  await checkStatements(look);
  const outcomes = await checkGenerations(look, inventory);
  await new AttachmentCheck(look, outcomes.inUse).run();
  const standing = standingOf(outcomes.inUse);
  checkBeat(look, standing, isFresh);
  checkFloor(look, standing ?? beat);
  checkAckPlaces(look, standing ?? beat);
  await comparePremisesHead(look, standing ?? beat);
  const pinned = TrustChain.pin(root).current.version;
  const report = makeReport(look, { findings, inventory, standing, pinned, bucket: bucket.url });
  return { report, beat, reader, trust };
}

async function makeLook(
  { identities = [], floor, at, premises }: VerifyOptions,
  known: Pick<Look, 'reader' | 'findings' | 'trust' | 'beat'>,
): Promise<Look> {
  return {
    ...known,
    identities,
    recipients: new Set(await Promise.all(identities.map(recipientOf))),
    premises: premises ?? null,
    floor: floor ?? null,
    now: at ?? new Date(),
    tally: emptyTally(),
    acks: [],
  };
}

async function hasMoved(reader: ObjectReader, trust: TrustChain, before: Beat | null): Promise<boolean> {
  const now = await readBeat(reader, new Findings(), trust);
  return before !== null && now !== null && comparePositions(now, before) > 0;
}
