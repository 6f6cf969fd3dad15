import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the connector itself writes: who may publish, what was published, and what it owes the bucket.
 * S_prev lives in these tables only, so a restored database carries its own idea of the past and a
 * difference from the bucket shows as a fork.
 */
const TABLES = [
  // The fence: whoever holds `epoch` may record a batch; a takeover raises it, so that a publisher
  // that was frozen past its lease is refused in the transaction that would record its batch.
  `CREATE TABLE replication.lease (
     name text PRIMARY KEY,
     holder uuid NOT NULL,
     epoch bigint NOT NULL CHECK (epoch > 0),
     expires_at timestamptz NOT NULL
   )`,
  `CREATE TABLE replication.generation (
     id int PRIMARY KEY CHECK (id > 0),
     policy_version int NOT NULL,
     policy_hash text NOT NULL,
     state text NOT NULL CHECK (state IN ('building', 'live', 'retired', 'purged')),
     digest_key bytea NOT NULL CHECK (octet_length(digest_key) = 32),
     snapshot_nonce text NOT NULL,
     system_identifier text NOT NULL,
     timeline int NOT NULL,
     first_snapshot pg_snapshot,
     cursor_snapshot pg_snapshot,
     cursor_at timestamptz,
     catalog jsonb NOT NULL DEFAULT '{}',
     head int NOT NULL DEFAULT 0,
     head_digest text,
     reason text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     live_at timestamptz,
     retired_at timestamptz,
     purged_at timestamptz
   )`,
  `CREATE UNIQUE INDEX generation_current ON replication.generation ((true)) WHERE state IN ('building', 'live')`,
  `CREATE TABLE replication.batch (
     generation int NOT NULL REFERENCES replication.generation (id),
     n int NOT NULL CHECK (n > 0),
     kind text NOT NULL CHECK (kind IN ('snapshot', 'delta')),
     state text NOT NULL CHECK (state IN ('pending', 'published')),
     snapshot pg_snapshot NOT NULL,
     previous_snapshot pg_snapshot,
     previous_cursor_at timestamptz,
     previous_catalog jsonb NOT NULL,
     digest text NOT NULL,
     nonce text NOT NULL,
     lease_epoch bigint NOT NULL,
     policy_version int NOT NULL,
     as_of timestamptz NOT NULL,
     parts jsonb NOT NULL,
     types jsonb NOT NULL,
     manifest bytea,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     published_at timestamptz,
     PRIMARY KEY (generation, n)
   )`,
  `CREATE UNIQUE INDEX batch_pending ON replication.batch ((true)) WHERE state = 'pending'`,
  // Nonces of batches that were taken back: met in the bucket later, they are no stranger's.
  `CREATE TABLE replication.undone_batch (
     nonce text PRIMARY KEY,
     generation int NOT NULL,
     n int NOT NULL,
     reason text NOT NULL,
     undone_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
  `CREATE TABLE replication.ledger (
     type text NOT NULL,
     id uuid NOT NULL,
     digest bytea NOT NULL CHECK (octet_length(digest) = 32),
     PRIMARY KEY (type, id)
   )`,
  // What the ledger said before the pending batch; a null digest: the row was not there.
  `CREATE TABLE replication.ledger_undo (
     type text NOT NULL,
     id uuid NOT NULL,
     digest bytea,
     PRIMARY KEY (type, id)
   )`,
  `CREATE TABLE replication.snapshot_chunk (
     generation int NOT NULL REFERENCES replication.generation (id),
     part int NOT NULL,
     type text NOT NULL,
     last_id uuid NOT NULL,
     entry jsonb NOT NULL,
     count bigint NOT NULL,
     checksum text NOT NULL,
     PRIMARY KEY (generation, part)
   )`,
  `CREATE TABLE replication.connector_status (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     generation int,
     n int,
     published_at timestamptz,
     as_of timestamptz,
     backlog bigint NOT NULL DEFAULT 0,
     spool_bytes bigint NOT NULL DEFAULT 0,
     state text NOT NULL DEFAULT 'stopped',
     types jsonb NOT NULL DEFAULT '[]',
     last_error jsonb,
     seen_at timestamptz
   )`,
  // What people ask of the connector. It reads this and never writes it.
  `CREATE TABLE replication.connector_control (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     paused boolean NOT NULL DEFAULT false,
     fork_allowed_until timestamptz
   )`,
  `INSERT INTO replication.connector_control DEFAULT VALUES`,
  `INSERT INTO replication.connector_status DEFAULT VALUES`,
  `CREATE TABLE replication.replica_ack (
     replica text PRIMARY KEY,
     generation int NOT NULL,
     n int NOT NULL,
     applied_at timestamptz NOT NULL,
     seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
];

// The connector may forget changes, but only those that every batch it could still have to make
// lies behind of: the oldest snapshot that a pending, building or live generation starts from.
const PRUNE = `
CREATE FUNCTION replication.prune_changes(max_rows int) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  needed pg_snapshot;
  pruned bigint;
BEGIN
  SELECT coalesce(b.previous_snapshot, g.cursor_snapshot, g.first_snapshot) INTO needed
    FROM replication.generation g
    LEFT JOIN replication.batch b ON b.generation = g.id AND b.state = 'pending'
   WHERE g.state IN ('building', 'live');
  IF needed IS NULL THEN RETURN 0; END IF;
  DELETE FROM replication.change c
   WHERE c.ctid = ANY (ARRAY(
     SELECT o.ctid FROM replication.change o
      WHERE o.xid < pg_snapshot_xmin(needed)
      ORDER BY o.xid LIMIT max_rows));
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END $$`;

const OWN_TABLES =
  'replication.lease, replication.generation, replication.batch, replication.undone_batch, replication.ledger, ' +
  'replication.ledger_undo, replication.snapshot_chunk, replication.connector_status, replication.replica_ack';

const GRANTS = [
  `GRANT USAGE ON SCHEMA replication TO holdfast_connector, holdfast_app, holdfast_maintainer`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ${OWN_TABLES} TO holdfast_connector`,
  `GRANT TRUNCATE ON replication.ledger, replication.ledger_undo TO holdfast_connector`,
  `GRANT SELECT ON replication.connector_control TO holdfast_connector`,
  `REVOKE ALL ON FUNCTION replication.prune_changes(int) FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION replication.prune_changes(int) TO holdfast_connector`,
  `GRANT SELECT ON replication.ledger TO holdfast_maintainer`,
  `GRANT SELECT ON replication.connector_status, replication.connector_control, replication.replica_ack, replication.batch, replication.ledger TO holdfast_app`,
  `GRANT UPDATE (paused, fork_allowed_until) ON replication.connector_control TO holdfast_app`,
  // Never the digest key: whoever has it can guess rows from digests.
  `GRANT SELECT (id, policy_version, policy_hash, state, head, head_digest, cursor_at, reason, created_at, live_at, retired_at, purged_at)
     ON replication.generation TO holdfast_app`,
];

export class CreateConnectorTables1763800500000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const sql of [...TABLES, PRUNE, ...GRANTS]) await queryRunner.query(sql);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION replication.prune_changes(int)');
    for (const table of OWN_TABLES.split(', ').reverse()) await queryRunner.query(`DROP TABLE ${table}`);
    await queryRunner.query('DROP TABLE replication.connector_control');
  }
}
