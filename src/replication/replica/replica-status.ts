import type { Pool } from 'pg';
import {
  readState,
  readWatch,
  type AppliedState,
  type LastError,
  type Watch,
} from './replica-state.store.js';

/** How a replica stands; what `GET /api/v1/cloud/status` answers there. */
export interface ReplicaStatusView {
  role: 'replica';
  /** null until the first snapshot was applied */
  generation: number | null;
  n: number | null;
  /** ISO time of the state shown; null as above */
  asOf: string | null;
  lagMs: number | null;
  /** the bucket's last beat has expired: what is shown is authentic, but may be old */
  stale: boolean;
  appliedAt: string | null;
  policy: { version: number; hash: string } | null;
  lastError: LastError | null;
  types: { type: string; count: number }[];
}

/** Remembers the last look at the database, so that the headers of every answer cost nothing. */
export class ReplicaStatus {
  private state: AppliedState | null = null;
  private watch: Watch | null = null;

  constructor(private readonly now: () => number = Date.now) {}

  async refresh(pool: Pool): Promise<void> {
    this.state = await readState(pool);
    this.watch = await readWatch(pool);
  }

  get asOf(): Date | null {
    if (this.state === null) return null;
    const confirmed = this.watch?.confirmedAsOf ?? null;
    return confirmed !== null && confirmed > this.state.asOf ? confirmed : this.state.asOf;
  }

  /** Milliseconds since the time of the state shown; never negative, also where the clocks disagree. */
  get lagMs(): number | null {
    return this.asOf === null ? null : Math.max(0, this.now() - this.asOf.getTime());
  }

  get isStale(): boolean {
    const expires = this.watch?.beatExpires ?? null;
    return expires === null || expires.getTime() < this.now();
  }

  get appliedN(): number {
    return this.state?.n ?? 0;
  }

  get generation(): number {
    return this.state?.generation ?? 0;
  }

  /** Columns of a type that the policy lets through; null where the type does not travel at all. */
  columnsOf(type: string): ReadonlySet<string> | null {
    const found = this.state?.schema.find((entry) => entry.type === type);
    return found === undefined ? null : new Set(found.columns.map(({ name }) => name));
  }

  /** Fields of a type whose values the policy changes on their way. */
  treatmentsOf(type: string): readonly { field: string; as: string }[] {
    return this.state?.schema.find((entry) => entry.type === type)?.treatments ?? [];
  }

  view(): ReplicaStatusView {
    const { state, watch } = this;
    return {
      role: 'replica',
      generation: state?.generation ?? null,
      n: state?.n ?? null,
      asOf: this.asOf?.toISOString() ?? null,
      lagMs: this.lagMs,
      stale: this.isStale,
      appliedAt: state?.appliedAt.toISOString() ?? null,
      policy: state?.policy ?? null,
      lastError: watch?.lastError ?? null,
      types: state?.types.map(({ type, count }) => ({ type, count })) ?? [],
    };
  }
}
