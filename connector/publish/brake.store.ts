import { randomBytes } from 'node:crypto';
import type { ConnectorDatabase } from '../connector-database.js';
import type { DeleteCounts, SeenDeletes } from './delete-brake.js';
import type { PublishLease } from './publish-lease.js';

/** What a person let pass of the batch that is held now. */
export interface BrakeConfirmation {
  id: string;
  deletes: DeleteCounts;
}

export interface HeldBatch extends SeenDeletes {
  generation: number;
  threshold: number;
}

const HOLD = `
  INSERT INTO replication.brake_hold AS h (generation, token, threshold, deletes, samples, confirmation_ms)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (singleton) DO UPDATE SET
    generation = excluded.generation, threshold = excluded.threshold, deletes = excluded.deletes,
    samples = excluded.samples, confirmation_ms = excluded.confirmation_ms, seen_at = excluded.seen_at,
    since = CASE WHEN h.generation = excluded.generation THEN h.since ELSE excluded.since END,
    token = CASE WHEN h.generation = excluded.generation THEN h.token ELSE excluded.token END`;

/** `replication.brake_hold`: for people to see what waits, and for a connector that comes after this one. */
export class BrakeStore {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly lease: PublishLease,
    private readonly confirmationMs: number,
  ) {}

  /** Notes what is held; what was held before in the same generation is the same hold, seen anew. */
  async hold({ generation, threshold, deletes, samples }: HeldBatch): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await tx.query(HOLD, [
        generation,
        randomBytes(8).toString('hex'),
        threshold,
        JSON.stringify(deletes),
        JSON.stringify(samples),
        this.confirmationMs,
      ]);
    });
  }

  /** The newest one for what is held now, while it is good. */
  async confirmation(): Promise<BrakeConfirmation | null> {
    const [row] = await this.db.query<{ id: string; deletes: Record<string, number> }>(
      `SELECT c.id, c.deletes FROM replication.brake_hold h
       JOIN replication.brake_confirmation c ON c.token = h.token AND c.generation = h.generation
       WHERE c.expires_at > clock_timestamp() ORDER BY c.confirmed_at DESC LIMIT 1`,
    );
    return row ?? null;
  }
}
