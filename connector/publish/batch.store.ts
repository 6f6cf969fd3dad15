import type { PartEntry, TypeState } from '../../src/replication/format/index.js';
import {
  keepReferences,
  noAttachments,
  undoReferences,
  type AttachmentChanges,
} from './attachment-references.js';
import { moveCursor, type Generation } from './generation.store.js';
import { undoLedgerChanges, type LedgerChanges } from './ledger-changes.js';
import type { PublishLease } from './publish-lease.js';
import { logBatch, placeOf } from './publication-log.js';
import { giveUpRebase } from './rebase/rebase.store.js';
import { inTransaction, type ConnectorDatabase, type Session } from '../connector-database.js';
import type { OpenSnapshot } from './snapshot-reader.js';

/** A batch that is sealed and signed, with everything that must be known of it after a crash. */
export interface SealedBatch {
  generation: number;
  n: number;
  kind: 'snapshot' | 'delta';
  nonce: string;
  epoch: number;
  policyVersion: number;
  asOf: Date;
  parts: PartEntry[];
  types: TypeState[];
  attachments: AttachmentChanges;
  /** plain lists of attachments that the manifest has no room for */
  lists: PartEntry[];
  /** the signed bytes */
  manifest: Buffer;
  /** their SHA-256, hex */
  digest: string;
}

interface BatchRow {
  generation: number;
  n: number;
  kind: 'snapshot' | 'delta';
  nonce: string;
  lease_epoch: string;
  policy_version: number;
  as_of: Date;
  parts: PartEntry[];
  types: TypeState[];
  attachments: (AttachmentChanges & { lists?: PartEntry[] }) | null;
  manifest: Buffer;
  digest: string;
}

const PENDING = `SELECT generation, n, kind, nonce, lease_epoch, policy_version, as_of, parts, types, attachments, manifest,
  digest
  FROM replication.batch WHERE state = 'pending'`;

/** Rows of `replication.batch`, and the three transactions that a batch goes through. */
export class BatchStore {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly lease: PublishLease,
  ) {}

  async pending(): Promise<SealedBatch | null> {
    const [row] = await this.db.query<BatchRow>(PENDING);
    if (row === undefined) return null;
    const { lease_epoch: epoch, policy_version: policyVersion, as_of: asOf, attachments, ...same } = row;
    const { lists = [], ...changes }: AttachmentChanges & { lists?: PartEntry[] } =
      attachments ?? noAttachments;
    return { ...same, epoch: Number(epoch), policyVersion, asOf, attachments: changes, lists };
  }

  /** What the replica holds after the last published batch of a generation. */
  async stateAfter(generation: number, n: number): Promise<TypeState[]> {
    const [row] = await this.db.query<{ types: TypeState[] }>(
      'SELECT types FROM replication.batch WHERE generation = $1 AND n = $2',
      [generation, n],
    );
    return row?.types ?? [];
  }

  /**
   * Makes the batch pending in one durable transaction that also proves the lease: from here on the ledger and S_prev
   * are those after the batch. Runs in the snapshot's session, where a large ledger share waits in a temporary table.
   */
  async record(
    session: Session,
    before: Generation,
    open: OpenSnapshot,
    batch: SealedBatch,
    ledger: LedgerChanges,
    beside?: (tx: Session) => Promise<void>,
  ): Promise<void> {
    await inTransaction(session, async (tx) => {
      await this.lease.confirm(tx);
      await insertPending(tx, before, open.snapshot, batch);
      await keepReferences(tx, batch, before.sealedTo);
      await ledger.apply(tx, placeOf(batch));
      await moveCursor(tx, batch.generation, open);
      await beside?.(tx);
    });
  }

  /**
   * A generation made beside the old one takes its place, with the old one's ledger and cursor: the two are one state.
   * @param graceMs how long readers may still find the old one's objects
   */
  async recordRebase(
    old: Generation,
    batch: SealedBatch,
    graceMs: number,
    beside: (tx: Session) => Promise<void>,
  ): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await tx.query(
        `UPDATE replication.generation SET state = 'retired', retired_at = clock_timestamp(),
           purge_after = clock_timestamp() + make_interval(secs => $2 / 1000.0) WHERE id = $1`,
        [old.id, graceMs],
      );
      // what must leave at once takes with it what was still waiting
      if (graceMs === 0)
        await tx.query(`UPDATE replication.generation SET purge_after = NULL WHERE state = 'retired'`);
      await tx.query(
        `UPDATE replication.generation SET state = 'building', first_snapshot = $2::pg_snapshot,
           cursor_snapshot = $2::pg_snapshot, cursor_at = $3, catalog = $4 WHERE id = $1`,
        [batch.generation, old.cursor, old.cursorAt, JSON.stringify(old.catalog)],
      );
      await insertPending(tx, old, old.cursor ?? '', batch);
      await beside(tx);
    });
  }

  async markPublished(batch: SealedBatch): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await logBatch(tx, batch);
      await tx.query(
        `UPDATE replication.batch SET state = 'published', published_at = clock_timestamp(), manifest = NULL,
           attachments = attachments - 'added' - 'condemned' - 'keys' - 'lists' WHERE generation = $1 AND n = $2`,
        [batch.generation, batch.n],
      );
      await tx.query(
        `UPDATE replication.generation SET head = $2, head_digest = $3, state = 'live',
           live_at = coalesce(live_at, clock_timestamp()) WHERE id = $1`,
        [batch.generation, batch.n, batch.digest],
      );
      await tx.query('DELETE FROM replication.ledger_undo');
      if (batch.kind === 'snapshot') await tx.query('DELETE FROM replication.snapshot_chunk');
    });
  }

  /** Takes a pending delta back, with whatever was read beside it, so that n is made again from S_(n-1). */
  async undo(batch: SealedBatch, reason: string): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await undoLedgerChanges(tx);
      await giveUpRebase(tx);
      if (batch.kind === 'delta') await undoReferences(tx, batch.attachments);
      await tx.query(
        `UPDATE replication.generation g SET catalog = b.previous_catalog,
           cursor_snapshot = CASE WHEN b.kind = 'delta' THEN b.previous_snapshot END, cursor_at = b.previous_cursor_at
         FROM replication.batch b WHERE b.generation = $1 AND b.n = $2 AND g.id = b.generation`,
        [batch.generation, batch.n],
      );
      await tx.query(
        'INSERT INTO replication.undone_batch (nonce, generation, n, reason) VALUES ($1, $2, $3, $4)',
        [batch.nonce, batch.generation, batch.n, reason],
      );
      await tx.query('DELETE FROM replication.batch WHERE generation = $1 AND n = $2', [
        batch.generation,
        batch.n,
      ]);
    });
  }

  /** Rows with and without their file after the last published batch of a generation. */
  async attachmentsAfter(generation: number, n: number): Promise<AttachmentChanges> {
    const [row] = await this.db.query<{ attachments: Partial<AttachmentChanges> | null }>(
      'SELECT attachments FROM replication.batch WHERE generation = $1 AND n = $2',
      [generation, n],
    );
    return { ...noAttachments, ...row?.attachments };
  }

  /** Whether this database once made, and took back, a batch with this nonce. */
  async isUndone(nonce: string): Promise<boolean> {
    return (
      (await this.db.query('SELECT 1 FROM replication.undone_batch WHERE nonce = $1', [nonce])).length > 0
    );
  }
}

async function insertPending(
  tx: Session,
  before: Generation,
  snapshot: string,
  batch: SealedBatch,
): Promise<void> {
  await tx.query(
    `INSERT INTO replication.batch (generation, n, kind, state, snapshot, previous_snapshot, previous_cursor_at,
       previous_catalog, digest, nonce, lease_epoch, policy_version, as_of, parts, types, manifest, attachments)
     VALUES ($1, $2, $3, 'pending', $4::pg_snapshot, $5::pg_snapshot, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
       $16)`,
    [
      ...[batch.generation, batch.n, batch.kind, snapshot, before.cursor ?? before.firstSnapshot],
      ...[before.cursorAt, JSON.stringify(before.catalog), batch.digest, batch.nonce, batch.epoch],
      ...[batch.policyVersion, batch.asOf, JSON.stringify(batch.parts), JSON.stringify(batch.types)],
      ...[batch.manifest, JSON.stringify({ ...batch.attachments, lists: batch.lists })],
    ],
  );
}
