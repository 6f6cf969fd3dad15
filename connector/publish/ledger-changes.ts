import type { Session } from '../connector-database.js';

/** How the ledger's digest of one row changes; null on either side: the row is not in the ledger. */
export interface LedgerChange {
  type: string;
  id: string;
  before: Buffer | null;
  after: Buffer | null;
}

const SPILL_ROWS = 20_000;
const FROM_ARRAYS = `unnest($1::text[], $2::uuid[], $3::bytea[], $4::bytea[]) AS c (type, id, before, after)`;
const FROM_TABLE = 'pg_temp.ledger_change AS c';

/**
 * The ledger's share of a batch: gathered while the snapshot is read, written in the transaction that records the
 * batch, and only there. A large share waits in a temporary table of the same session, not in memory.
 */
export class LedgerChanges {
  private rows: LedgerChange[] = [];
  private hasSpilled = false;

  constructor(private readonly session: Session) {}

  async add(change: LedgerChange): Promise<void> {
    this.rows.push(change);
    if (this.rows.length >= SPILL_ROWS) await this.spill();
  }

  private async spill(): Promise<void> {
    if (!this.hasSpilled) {
      await this.session.query('DROP TABLE IF EXISTS pg_temp.ledger_change');
      await this.session.query(
        'CREATE TEMPORARY TABLE ledger_change (type text, id uuid, before bytea, after bytea)',
      );
    }
    this.hasSpilled = true;
    await this.session.query(
      `INSERT INTO pg_temp.ledger_change SELECT c.* FROM ${FROM_ARRAYS}`,
      this.takeArrays(),
    );
  }

  private takeArrays(): unknown[] {
    const taken = this.rows;
    this.rows = [];
    return [
      taken.map((row) => row.type),
      taken.map((row) => row.id),
      taken.map((row) => row.before),
      taken.map((row) => row.after),
    ];
  }

  /**
   * Writes the changes and what undoes them. `tx` must be the session that this was made with.
   * @param place of the batch, see publication-log
   */
  async apply(tx: Session, place: string): Promise<void> {
    if (this.hasSpilled && this.rows.length > 0) await this.spill();
    if (this.hasSpilled) await tx.query('ANALYZE pg_temp.ledger_change');
    const source = this.hasSpilled ? FROM_TABLE : FROM_ARRAYS;
    const parameters = this.hasSpilled ? [] : this.takeArrays();
    for (const sql of [
      `INSERT INTO replication.ledger_undo (type, id, digest, first_place, last_place)
       SELECT c.type, c.id, c.before, l.first_place, l.last_place FROM ${source}
       LEFT JOIN replication.ledger l ON l.type = c.type AND l.id = c.id`,
      `DELETE FROM replication.ledger l USING ${source} WHERE c.after IS NULL AND l.type = c.type AND l.id = c.id`,
    ])
      await tx.query(sql, parameters);
    await tx.query(
      `INSERT INTO replication.ledger AS l (type, id, digest, first_place, last_place)
       SELECT c.type, c.id, c.after, p.place, p.place
       FROM ${source} CROSS JOIN (SELECT $${String(parameters.length + 1)}::bigint AS place) p WHERE c.after IS NOT NULL
       ON CONFLICT (type, id) DO UPDATE SET digest = excluded.digest, last_place = excluded.last_place`,
      [...parameters, place],
    );
    if (this.hasSpilled) await tx.query('DROP TABLE pg_temp.ledger_change');
  }
}

/** Takes back the pending batch's changes, so that the ledger says again what the bucket holds. */
export async function undoLedgerChanges(tx: Session): Promise<void> {
  await tx.query(
    `DELETE FROM replication.ledger l USING replication.ledger_undo u
     WHERE u.digest IS NULL AND l.type = u.type AND l.id = u.id`,
  );
  await tx.query(
    `INSERT INTO replication.ledger AS l (type, id, digest, first_place, last_place)
     SELECT u.type, u.id, u.digest, u.first_place, u.last_place FROM replication.ledger_undo u
     WHERE u.digest IS NOT NULL
     ON CONFLICT (type, id) DO UPDATE SET digest = excluded.digest, first_place = excluded.first_place,
       last_place = excluded.last_place`,
  );
  await tx.query('DELETE FROM replication.ledger_undo');
}
