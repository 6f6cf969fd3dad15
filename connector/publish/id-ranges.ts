/** What is known of the ids that a type has, before it is read in chunks. */
export interface IdExtent {
  first: string;
  last: string;
  count: number;
}

const MAX_GROWTH = 4n;
/** a chunk is a little smaller than it may be, so that its range seldom has to be cut */
const AIM = 0.9;

/**
 * Cuts the ids of a type into ranges of about as many rows as a chunk may have. A chunk must be a range with both ends:
 * a security_barrier view is planned by itself, so that ORDER BY and LIMIT around it reach no index, and every chunk
 * without an upper end would read and sort all rows that are left.
 */
export class IdRanges {
  private readonly last: bigint;
  private width: bigint;

  constructor(
    { first, last, count }: IdExtent,
    private readonly chunkRows: number,
  ) {
    this.last = toNumber(last);
    const spread = this.last - toNumber(first) + 1n;
    this.width = atLeastOne((spread * BigInt(Math.ceil(chunkRows * AIM))) / BigInt(Math.max(1, count)));
  }

  /** The upper end, included, of the range that begins after `after`. */
  endAfter(after: string): string {
    const end = toNumber(after) + this.width;
    return toUuid(end < this.last ? end : this.last);
  }

  isBeyond(after: string): boolean {
    return toNumber(after) >= this.last;
  }

  /**
   * Ids are never spread evenly: each range is as wide as the one before it should have been.
   * @param after where that one began @param end how far it got @param rows how many it had
   */
  learn(after: string, end: string, rows: number): void {
    const most = this.width * MAX_GROWTH;
    const span = toNumber(end) - toNumber(after);
    const wanted = rows === 0 ? most : (span * BigInt(Math.ceil(this.chunkRows * AIM))) / BigInt(rows);
    this.width = atLeastOne(wanted < most ? wanted : most);
  }
}

/** the id right before `id`, for a range that is to begin with it */
export function idBefore(id: string): string {
  const value = toNumber(id);
  return toUuid(value === 0n ? 0n : value - 1n);
}

const atLeastOne = (value: bigint): bigint => (value < 1n ? 1n : value);
const toNumber = (id: string): bigint => BigInt(`0x${id.replaceAll('-', '')}`);

function toUuid(value: bigint): string {
  const hex = value.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
