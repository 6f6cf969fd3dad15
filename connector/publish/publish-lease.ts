import { randomUUID } from 'node:crypto';
import type { ConnectorDatabase, Session } from '../connector-database.js';
import { LeaseLost } from './publish.errors.js';

const LANE = 'publish';

const ACQUIRE = `
  INSERT INTO replication.lease AS held (name, holder, epoch, expires_at)
  VALUES ('${LANE}', $1, 1, clock_timestamp() + make_interval(secs => $2))
  ON CONFLICT (name) DO UPDATE
    SET holder = excluded.holder, epoch = held.epoch + 1, expires_at = excluded.expires_at
    WHERE held.expires_at < clock_timestamp()
  RETURNING epoch`;

const EXTEND = `
  UPDATE replication.lease SET expires_at = clock_timestamp() + make_interval(secs => $3)
  WHERE name = '${LANE}' AND holder = $1 AND epoch = $2`;

const ANOTHER_EPOCH = `
  UPDATE replication.lease SET epoch = epoch + 1
  WHERE name = '${LANE}' AND holder = $1 AND epoch = $2 AND expires_at >= clock_timestamp()
  RETURNING epoch`;

/**
 * The right to publish, held by one process at a time. Its epoch rises with every takeover and is checked in the
 * transaction that records a batch, so a publisher that slept past its lease finds the door shut even though it
 * still believes to be the one. Only the database's clock counts.
 */
export class PublishLease {
  readonly holder = randomUUID();
  private epochHeld: number | null = null;

  constructor(
    private readonly db: ConnectorDatabase,
    private readonly leaseMs: number,
  ) {}

  get isHeld(): boolean {
    return this.epochHeld !== null;
  }

  /** @throws LeaseLost where it is not held */
  get epoch(): number {
    if (this.epochHeld === null) throw new LeaseLost(0);
    return this.epochHeld;
  }

  /** Takes the lease where nobody holds it. */
  async acquire(): Promise<boolean> {
    const [row] = await this.db.query<{ epoch: string }>(ACQUIRE, [this.holder, this.leaseMs / 1000]);
    if (row !== undefined) this.epochHeld = Number(row.epoch);
    return row !== undefined;
  }

  /** Extends the lease, on its own or inside a transaction that must not commit without it. @throws LeaseLost */
  async confirm(session?: Session): Promise<void> {
    const parameters = [this.holder, this.epoch, this.leaseMs / 1000];
    const held =
      session === undefined
        ? (await this.db.query(`${EXTEND} RETURNING epoch`, parameters)).length
        : (await session.query(EXTEND, parameters)).rowCount;
    if (held === 1) return;
    const epoch = this.epoch;
    this.epochHeld = null;
    throw new LeaseLost(epoch);
  }

  /**
   * Keeps the lease under a higher epoch, and with it other object names: for who makes a batch anew while uploads of its
   * first making may still be on their way. @throws LeaseLost
   */
  async beginEpoch(): Promise<void> {
    const { epoch } = this;
    const [row] = await this.db.query<{ epoch: string }>(ANOTHER_EPOCH, [this.holder, epoch]);
    this.epochHeld = row === undefined ? null : Number(row.epoch);
    if (row === undefined) throw new LeaseLost(epoch);
  }

  /** Lets the next publisher in at once, where this one stops in order. */
  async release(): Promise<void> {
    if (this.epochHeld === null) return;
    await this.db.query(
      `UPDATE replication.lease SET expires_at = '-infinity' WHERE name = '${LANE}' AND holder = $1 AND epoch = $2`,
      [this.holder, this.epochHeld],
    );
    this.epochHeld = null;
  }
}
