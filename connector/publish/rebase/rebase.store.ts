import type { PartEntry, TypeState } from '../../../src/replication/format/index.js';
import type { ConnectorDatabase, Session } from '../../connector-database.js';
import type { AttachmentChanges } from '../attachment-references.js';
import type { Generation } from '../generation.store.js';
import { newNonce } from '../nonce.js';
import type { PublishLease } from '../publish-lease.js';
import type { SealedTo } from '../recipients.js';
import { reopenRequests, takeUpRequests } from '../generation-requests.js';
import type { RebaseReason } from './why-rebase.js';

/** A generation that is being made beside the one in force, and how far that has come. */
export interface Rebase {
  generation: number;
  nonce: string;
  basedOn: number;
  recipients: SealedTo[];
  /** rows of the types before this one, and of this one up to `lastId`, are in the parts; null before the first */
  type: string | null;
  lastId: string | null;
  tally: TypeState[];
  parts: { part: number; entry: PartEntry }[];
  /** the batch of the old generation whose very state the parts are; null while rows are missing */
  completeAtN: number | null;
  attachments: AttachmentChanges | null;
  mustPurgeAtOnce: boolean;
}

export interface RebaseProgress {
  type: string | null;
  lastId: string | null;
  tally: TypeState[];
  /** parts that this turn has made */
  entries: PartEntry[];
  completeAtN: number | null;
  attachments: AttachmentChanges | null;
}

interface RebaseRow {
  generation: number;
  snapshot_nonce: string;
  based_on: number;
  recipients: SealedTo[];
  type: string | null;
  last_id: string | null;
  tally: TypeState[];
  complete_at_n: number | null;
  attachments: AttachmentChanges | null;
  must_purge_at_once: boolean;
}

/** Rows of `replication.rebase`; each belongs to a generation in state `preparing`. */
export class RebaseStore {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly lease: PublishLease,
  ) {}

  async current(): Promise<Rebase | null> {
    const [row] = await this.db.query<RebaseRow>(
      `SELECT r.generation, g.snapshot_nonce, r.based_on, g.recipients, r.type, r.last_id, r.tally, r.complete_at_n,
         r.attachments, r.must_purge_at_once
       FROM replication.rebase r JOIN replication.generation g ON g.id = r.generation AND g.state = 'preparing'`,
    );
    if (row === undefined) return null;
    return {
      ...{ generation: row.generation, nonce: row.snapshot_nonce, basedOn: row.based_on },
      ...{ recipients: row.recipients, type: row.type, lastId: row.last_id, tally: row.tally },
      ...{ completeAtN: row.complete_at_n, attachments: row.attachments },
      mustPurgeAtOnce: row.must_purge_at_once,
      parts: await this.parts(row.generation),
    };
  }

  private parts(generation: number): Promise<Rebase['parts']> {
    return this.db.query<{ part: number; entry: PartEntry }>(
      'SELECT part, entry FROM replication.rebase_part WHERE generation = $1 ORDER BY part',
      [generation],
    );
  }

  /** The same policy, ledger and digest key as the one in force; its number is taken even if it is given up. */
  async begin(id: number, of: Generation, recipients: SealedTo[], why: RebaseReason): Promise<void> {
    const { systemIdentifier, timeline } = of.source;
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await tx.query(
        `INSERT INTO replication.generation (id, policy_version, policy_hash, state, digest_key, system_identifier,
           timeline, reason, snapshot_nonce, manifest_keys, recipients, ledger_since,
           sealed_to)
         SELECT $1, $2, $3, 'preparing', $4, $5, $6, $7, $8, $9, $10, o.ledger_since, o.sealed_to
         FROM replication.generation o WHERE o.id = $11`,
        [
          ...[id, of.policyVersion, of.policyHash, of.digestKey, systemIdentifier, timeline, why.reason],
          ...[newNonce(), of.manifestKeys, JSON.stringify(recipients), of.id],
        ],
      );
      await tx.query(
        'INSERT INTO replication.rebase (generation, based_on, must_purge_at_once) VALUES ($1, $2, $3)',
        [id, of.id, why.mustPurgeAtOnce],
      );
      await takeUpRequests(tx, id, []);
    });
  }

  /** In the transaction that records the batch whose changes the new part holds too. */
  async advance(tx: Session, { generation, parts }: Rebase, progress: RebaseProgress): Promise<void> {
    const { type, lastId, tally, entries, completeAtN, attachments } = progress;
    await tx.query(
      `UPDATE replication.rebase SET type = $2, last_id = $3, tally = $4, complete_at_n = $5, attachments = $6
       WHERE generation = $1`,
      [
        ...[generation, type, lastId, JSON.stringify(tally), completeAtN],
        attachments === null ? null : JSON.stringify(attachments),
      ],
    );
    for (const [index, entry] of entries.entries())
      await tx.query('INSERT INTO replication.rebase_part (generation, part, entry) VALUES ($1, $2, $3)', [
        ...[generation, parts.length + index, JSON.stringify(entry)],
      ]);
  }

  async giveUp(): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await giveUpRebase(tx);
    });
  }
}

/** Whatever was put for it goes with the next purge, since its number stays below the next generation's. */
export async function giveUpRebase(tx: Session): Promise<void> {
  await tx.query(
    `UPDATE replication.generation SET state = 'retired', retired_at = clock_timestamp() WHERE state = 'preparing'`,
  );
  await tx.query('DELETE FROM replication.rebase');
  await reopenRequests(tx);
}
