import { randomBytes } from 'node:crypto';
import { markStaleObjects, type ReaderSets } from './attachment-references.js';
import type { CloudCatalog, Fingerprints } from './cloud-catalog.js';
import { keepFields, keepLedger } from './publication-log.js';
import { takeUpRequests } from './generation-requests.js';
import { newNonce } from './nonce.js';
import type { PublishLease } from './publish-lease.js';
import type { ConnectorDatabase, Session } from '../connector-database.js';
import type { SealedTo } from './recipients.js';
import type { OpenSnapshot, SourceIdentity } from './snapshot-reader.js';

/**
 * How a generation's manifests are named: plainly, where the bucket lets one writer of a key win, else with the
 * publisher's epoch, where the highest signed epoch wins (docs/adr/0010).
 */
export type ManifestKeys = 'plain' | 'epoch';

export type GenerationState = 'preparing' | 'building' | 'live' | 'retired' | 'purged';

/** One line of history under one policy: a full snapshot and the deltas after it. */
export interface Generation {
  id: number;
  policyVersion: number;
  policyHash: string;
  state: GenerationState;
  manifestKeys: ManifestKeys;
  digestKey: Buffer;
  /** of its first batch, known before that is whole because its parts are made over a long time */
  snapshotNonce: string;
  source: SourceIdentity;
  /** null on generations that are older than this choice: then whom the newest root names */
  recipients: SealedTo[] | null;
  /** what the first chunk was read under; null until then */
  firstSnapshot: string | null;
  /** S_prev: what the ledger stands at; null while building */
  cursor: string | null;
  cursorAt: Date | null;
  catalog: Fingerprints;
  /** digest of the recipients that it was begun for; null where it is older than that */
  sealedTo: string | null;
  /** last published n, 0 before the first */
  head: number;
  /** SHA-256 of its manifest */
  headDigest: string | null;
}

export interface BeginReason {
  reason: string;
  recipients: SealedTo[];
  manifestKeys: ManifestKeys;
  readers: ReaderSets;
  /** the requests that stopped publishing and that this one answers */
  stopping: readonly string[];
}

interface GenerationRow {
  id: number;
  policy_version: number;
  policy_hash: string;
  state: GenerationState;
  manifest_keys: ManifestKeys;
  digest_key: Buffer;
  snapshot_nonce: string;
  system_identifier: string;
  timeline: number;
  first_snapshot: string | null;
  cursor_snapshot: string | null;
  cursor_at: Date | null;
  catalog: Record<string, string>;
  sealed_to: string | null;
  head: number;
  head_digest: string | null;
  recipients: SealedTo[] | null;
}

const COLUMNS = `id, policy_version, policy_hash, state, manifest_keys, digest_key, snapshot_nonce, system_identifier, timeline,
  first_snapshot::text, cursor_snapshot::text, cursor_at, catalog, sealed_to, head, head_digest, recipients`;

/** Rows of `replication.generation`. */
export class GenerationStore {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly lease: PublishLease,
  ) {}

  /** The generation that is being built or continued; there is one at most. */
  async current(): Promise<Generation | null> {
    const [row] = await this.db.query<GenerationRow>(
      `SELECT ${COLUMNS} FROM replication.generation WHERE state IN ('building', 'live')`,
    );
    return row === undefined ? null : toGeneration(row);
  }

  async highestId(): Promise<number> {
    const { highest } = await this.db.one<{ highest: number }>(
      'SELECT coalesce(max(id), 0) AS highest FROM replication.generation',
    );
    return highest;
  }

  /** SHA-256 of the newest manifest that this database has published, of whatever generation. */
  async lastDigest(): Promise<string | null> {
    const [row] = await this.db.query<{ head_digest: string }>(
      'SELECT head_digest FROM replication.generation WHERE head > 0 ORDER BY id DESC LIMIT 1',
    );
    return row?.head_digest ?? null;
  }

  /** Ends whatever went before and begins anew: an empty ledger, a fresh digest key, nothing published. */
  async begin(id: number, catalog: CloudCatalog, source: SourceIdentity, why: BeginReason): Promise<void> {
    const { reason, manifestKeys, recipients, readers, stopping } = why;
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await endPresent(tx, reason);
      await tx.query(
        `INSERT INTO replication.generation
           (id, policy_version, policy_hash, state, digest_key, system_identifier, timeline, reason, snapshot_nonce,
            manifest_keys, recipients, sealed_to, ledger_since)
         VALUES ($1, $2, $3, 'building', $4, $5, $6, $7, $8, $9, $10, $11, $1)`,
        [
          id,
          catalog.policyVersion,
          catalog.policyHash,
          randomBytes(32),
          source.systemIdentifier,
          source.timeline,
          reason,
          newNonce(),
          manifestKeys,
          JSON.stringify(recipients),
          readers.sealedTo,
        ],
      );
      await takeUpRequests(tx, id, stopping);
      await keepFields(tx, catalog.policyVersion, catalog.types);
      await markStaleObjects(tx, readers);
    });
  }

  /** Before the first chunk is read, so that no change after it can be missed. */
  async markFirstSnapshot(id: number, open: OpenSnapshot): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await tx.query(
        'UPDATE replication.generation SET first_snapshot = $2::pg_snapshot, catalog = $3 WHERE id = $1 AND first_snapshot IS NULL',
        [id, open.snapshot, JSON.stringify(open.catalog.fingerprints)],
      );
    });
  }

  /** Nothing that is selected has changed: the next delta starts here. Losing this costs a second look, no more. */
  async advance(
    id: number,
    open: Pick<OpenSnapshot, 'snapshot' | 'asOf' | 'catalog'>,
    beside?: (tx: Session) => Promise<void>,
  ): Promise<void> {
    await this.db.durably(async (tx) => {
      await this.lease.confirm(tx);
      await moveCursor(tx, id, open);
      await beside?.(tx);
    });
  }
}

export async function moveCursor(
  tx: Session,
  id: number,
  open: Pick<OpenSnapshot, 'snapshot' | 'asOf' | 'catalog'>,
): Promise<void> {
  await tx.query(
    'UPDATE replication.generation SET cursor_snapshot = $2::pg_snapshot, cursor_at = $3, catalog = $4 WHERE id = $1',
    [id, open.snapshot, open.asOf, JSON.stringify(open.catalog.fingerprints)],
  );
  await releaseBrake(tx);
}

/** What comes after this is another batch; its deletes are counted and confirmed anew. */
async function releaseBrake(tx: Session): Promise<void> {
  await tx.query('DELETE FROM replication.brake_hold');
}

/** Whatever is in force or being made is over; what it published stays known. */
async function endPresent(tx: Session, reason: string): Promise<void> {
  await forgetPending(tx, reason);
  const { rows } = await tx.query<{ id: number }>(
    `SELECT id FROM replication.generation WHERE state IN ('building', 'live')`,
  );
  if (rows[0] !== undefined) await keepLedger(tx, rows[0].id);
  await tx.query(
    `UPDATE replication.generation SET state = 'retired', retired_at = clock_timestamp()
     WHERE state IN ('preparing', 'building', 'live')`,
  );
  // What was compacted away a moment ago may hold what the new generation leaves out, and nobody reads on from there.
  await tx.query(`UPDATE replication.generation SET purge_after = NULL WHERE state = 'retired'`);
  await tx.query('DELETE FROM replication.rebase');
  await tx.query('TRUNCATE replication.ledger, replication.ledger_undo');
  await tx.query('DELETE FROM replication.snapshot_chunk');
  await releaseBrake(tx);
}

/** A pending batch is given up without its ledger changes being taken back, because the ledger goes with it. */
async function forgetPending(tx: Session, reason: string): Promise<void> {
  await tx.query(
    `INSERT INTO replication.undone_batch (nonce, generation, n, reason)
     SELECT nonce, generation, n, $1 FROM replication.batch WHERE state = 'pending'`,
    [reason],
  );
  await tx.query(`DELETE FROM replication.batch WHERE state = 'pending'`);
}

function toGeneration(row: GenerationRow): Generation {
  return {
    id: row.id,
    policyVersion: row.policy_version,
    policyHash: row.policy_hash,
    state: row.state,
    manifestKeys: row.manifest_keys,
    digestKey: row.digest_key,
    snapshotNonce: row.snapshot_nonce,
    source: { systemIdentifier: row.system_identifier, timeline: row.timeline },
    firstSnapshot: row.first_snapshot,
    cursor: row.cursor_snapshot,
    cursorAt: row.cursor_at,
    catalog: row.catalog,
    sealedTo: row.sealed_to,
    head: row.head,
    headDigest: row.head_digest,
    recipients: row.recipients,
  };
}
