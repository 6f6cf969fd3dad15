/** Per type, how many rows. */
export type DeleteCounts = Readonly<Record<string, number>>;

/** What a batch would take out of the replica, for a person to look at. */
export interface SeenDeletes {
  /** of the types that have any */
  deletes: Record<string, number>;
  /** a few ids of each; no more than ids, since whoever looks may not be allowed to read the rows */
  samples: Record<string, string[]>;
}

/** The comparison has met more deletes than may pass; what it has sealed so far is worth nothing. */
export class BrakePassed extends Error {}

/**
 * Counts the tombstones of one batch against what may pass without a person: the policy's threshold, over all types,
 * and of each type as many as a person has seen and confirmed.
 */
export class DeleteBrake {
  private readonly counts = new Map<string, number>();
  private excess = 0;

  /** @param threshold null: nothing is ever held */
  constructor(
    private readonly threshold: number | null,
    private readonly confirmed: DeleteCounts = {},
  ) {}

  /** @throws BrakePassed at the first delete too many, so that a mistake over millions of rows is not sealed first */
  count(type: string): void {
    const count = (this.counts.get(type) ?? 0) + 1;
    this.counts.set(type, count);
    if (count > (this.confirmed[type] ?? 0)) this.excess += 1;
    if (this.threshold !== null && this.excess > this.threshold) throw new BrakePassed();
  }
}
