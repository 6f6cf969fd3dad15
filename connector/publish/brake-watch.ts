import { changesSinceSql } from '../../src/replication/changelog/index.js';
import type { ConnectorDatabase } from '../connector-database.js';
import { BrakeStore, type BrakeConfirmation } from './brake.store.js';
import type { DeleteCounts } from './delete-brake.js';
import type { Generation } from './generation.store.js';
import type { PublishLease } from './publish-lease.js';
import type { DeletesHeld } from './publish.errors.js';

export interface BrakeOptions {
  /** a confirmation is good for so long */
  confirmationMs: number;
  /** shortest time between two looks at what is held */
  lookMs: number;
}

const DEFAULTS: BrakeOptions = { confirmationMs: 3_600_000, lookMs: 1_000 };
/** A look reads every key that waits; it may take a fifth of the time. */
const LOOK_SHARE = 5;
/** What no trigger reports may have released it too. */
const LOOK_AT_LEAST_EVERY_MS = 60_000;

interface Held {
  generation: number;
  /** what was last looked at */
  snapshot: string;
  lookedAt: number;
  tookMs: number;
  /** the confirmation that was not enough */
  confirmation: string | null;
}

/** One look at what waits, and what of it a person has let pass. */
export interface BrakeLook {
  confirmed: DeleteCounts;
  confirmation: string | null;
  startedAt: number;
}

/**
 * Remembers that a batch is held, so that the lane does not count the same deletes at every turn: only after news, and
 * at once after a confirmation. A connector that starts anew knows nothing of it and looks.
 */
export class BrakeWatch {
  private readonly store: BrakeStore;
  private readonly options: BrakeOptions;
  private held: Held | null = null;
  /** of the batch that is held */
  deletes: DeleteCounts | null = null;

  constructor(
    private readonly db: ConnectorDatabase,
    lease: PublishLease,
    options: Partial<BrakeOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
    this.store = new BrakeStore(db, lease, this.options.confirmationMs);
  }

  isHolding({ id }: Generation): boolean {
    return this.held?.generation === id;
  }

  /** Answers null where what is held need not be looked at again. */
  async look(generation: Generation): Promise<BrakeLook | null> {
    const startedAt = Date.now();
    if (this.held === null || !this.isHolding(generation))
      return { confirmed: {}, confirmation: null, startedAt };
    const found = await this.store.confirmation();
    if (!(await this.isDue(this.held, found, startedAt))) return null;
    return { confirmed: found?.deletes ?? {}, confirmation: found?.id ?? null, startedAt };
  }

  private async isDue(held: Held, found: BrakeConfirmation | null, now: number): Promise<boolean> {
    if (found !== null && found.id !== held.confirmation) return true;
    const ageMs = now - held.lookedAt;
    if (ageMs < Math.max(this.options.lookMs, LOOK_SHARE * held.tookMs)) return false;
    if (ageMs >= LOOK_AT_LEAST_EVERY_MS) return true;
    const { news } = await this.db.one<{ news: boolean }>(
      `SELECT EXISTS (${changesSinceSql(held.snapshot)}) AS news`,
    );
    return news;
  }

  /**
   * An erasure must not wait for a person who looks at something else, so it passes, and what is in its batch with it.
   * @param isErasing a generation without the erased is being made, which needs each batch
   */
  async mustLetPass({ cursorAt }: Generation, isErasing: boolean): Promise<boolean> {
    if (isErasing) return true;
    const rows = await this.db.query(
      `SELECT 1 FROM replication.erasure WHERE requested_at > $1::timestamptz - interval '1 minute' LIMIT 1`,
      [cursorAt],
    );
    return rows.length > 0;
  }

  async hold({ id }: Generation, { seen, snapshot, threshold }: DeletesHeld, look: BrakeLook): Promise<void> {
    await this.store.hold({ generation: id, threshold, ...seen });
    const lookedAt = Date.now();
    const { confirmation, startedAt } = look;
    this.held = { generation: id, snapshot, lookedAt, tookMs: lookedAt - startedAt, confirmation };
    this.deletes = seen.deletes;
  }

  /** The note in the database goes in the transaction that moves the cursor on. */
  release(): void {
    this.held = null;
    this.deletes = null;
  }
}
