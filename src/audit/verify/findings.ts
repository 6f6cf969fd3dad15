/** What is wrong with the audit. The codes are stable; docs/audit.md says what each of them means. */
export type FindingCode =
  | 'entry-changed'
  | 'entry-deleted'
  | 'entry-inserted'
  | 'entry-back-dated'
  | 'entry-moved'
  | 'place-missing'
  | 'range-altered'
  | 'range-unsigned'
  | 'cut-off'
  | 'checkpoint-invalid'
  | 'checkpoint-missing'
  | 'proof-hash-wrong';

export interface Finding {
  readonly code: FindingCode;
  /** for people; names entries by id, time and place, and no value of any */
  readonly detail: string;
  /** id of the entry, where it is about one */
  readonly entry?: string;
  /** first and last place in the tree, where it is about a range */
  readonly from?: number;
  readonly to?: number;
}

const mostKept = 1_000;

/** Keeps the first thousand; the rest is counted, so that a wiped table does not fill the memory. */
export class Findings {
  readonly kept: Finding[] = [];
  private count = 0;

  add(finding: Finding): void {
    this.count += 1;
    if (this.kept.length < mostKept) this.kept.push(finding);
  }

  get omitted(): number {
    return this.count - this.kept.length;
  }
}
