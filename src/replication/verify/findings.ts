import { ObjectNotFound, ObjectTooLarge } from '../../platform/bucket/index.js';
import { FormatError } from '../format/index.js';

/**
 * `error`: something is not what was signed. `warning`: something lies there that nobody vouches for or that should be
 * gone. `notice`: worth knowing, and to be expected in a bucket that is in use.
 */
export type Severity = 'error' | 'warning' | 'notice';

export interface Finding {
  /** the object; null where it is about the bucket as a whole */
  key: string | null;
  severity: Severity;
  /** stable, for programs */
  code: string;
  /** for people */
  message: string;
}

/** Memory must not grow with what somebody throws into the bucket. */
const MOST_KEPT = 10_000;

/** What was found, in the order in which it was. All are counted, the first few thousand are kept. */
export class Findings {
  readonly kept: Finding[] = [];
  readonly counts: Record<Severity, number> = { error: 0, warning: 0, notice: 0 };

  add(severity: Severity, code: string, key: string | null, message: string): void {
    this.counts[severity] += 1;
    if (this.kept.length < MOST_KEPT) this.kept.push({ key, severity, code, message });
  }

  /** An object that is not what it should be. What says nothing about the object is thrown on. */
  refuse(key: string, error: unknown, severity: Severity = 'error'): void {
    if (error instanceof FormatError) this.add(severity, error.code, key, error.message);
    else if (error instanceof ObjectTooLarge)
      this.add(severity, 'format.too_large', key, 'longer than any object of its kind may be');
    else if (error instanceof ObjectNotFound)
      this.add(severity, 'verify.missing', key, 'this object is named and is not there');
    else throw error;
  }

  get omitted(): number {
    const { error, warning, notice } = this.counts;
    return error + warning + notice - this.kept.length;
  }
}
