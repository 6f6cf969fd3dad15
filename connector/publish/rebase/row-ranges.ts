import type { Session } from '../../connector-database.js';
import { idBefore, IdRanges } from '../id-ranges.js';
import { readExtent } from '../id-extent.js';

const NO_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Where the next chunk of a type begins and ends. */
export interface RowRange {
  after: string;
  upTo: string;
  /** reaches beyond the last id that there can be */
  isLast: boolean;
}

/**
 * Ranges of ids for chunks, over many turns. What is learned of a type lives in memory only: a fresh process looks at
 * the extent once more.
 */
export class RowRanges {
  private type: string | null = null;
  private ranges: IdRanges | null = null;

  constructor(private readonly chunkRows: number) {}

  /** @param lastId up to where the type was read, null: nothing of it yet */
  async next(session: Session, type: string, lastId: string | null): Promise<RowRange> {
    let after = lastId ?? NO_ID;
    if (this.type !== type) {
      const extent = await readExtent(session, type, after);
      this.type = type;
      this.ranges = extent === null ? null : new IdRanges(extent, this.chunkRows);
      if (extent !== null) after = idBefore(extent.first);
    }
    const { ranges } = this;
    // rows that came after the extent was looked at have the ids beyond it
    if (ranges === null || ranges.isBeyond(after)) return { after, upTo: LAST_ID, isLast: true };
    return { after, upTo: ranges.endAfter(after), isLast: false };
  }

  learn(type: string, after: string, end: string, rows: number): void {
    if (this.type === type && end !== LAST_ID) this.ranges?.learn(after, end, rows);
  }

  /** After an attempt that was given up the same rows are read again. */
  forget(): void {
    this.type = null;
  }
}
