import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was erased for good, and the signed receipts of what left the bucket for it. The ledger of erasures stands outside
 * the database as well, because a restored backup must not bring anybody back.
 */
const STATEMENTS = [
  `CREATE TABLE replication.erasure (
     id uuid PRIMARY KEY,
     sequence int NOT NULL UNIQUE,
     subject_type text NOT NULL,
     subject_id uuid NOT NULL,
     reason text NOT NULL,
     urgent boolean NOT NULL,
     requested_by uuid,
     requested_at timestamptz NOT NULL,
     -- how many rows of each type went with the subject
     erased jsonb NOT NULL,
     request_id uuid NOT NULL REFERENCES replication.generation_request (id)
   )`,
  'CREATE INDEX erasure_request ON replication.erasure (request_id)',
  // Which database the ledger was last held against: a restored or cloned one is another, and publishes nothing before.
  `CREATE TABLE replication.erasure_gate (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     system_identifier text,
     timeline int,
     entries int NOT NULL DEFAULT 0,
     checked_at timestamptz
   )`,
  'INSERT INTO replication.erasure_gate DEFAULT VALUES',
  // What the purge of a generation found and left, as a listing of the bucket showed it.
  `ALTER TABLE replication.generation ADD COLUMN purged_objects bigint, ADD COLUMN listed_at timestamptz`,
  `CREATE TABLE replication.receipt (
     generation int PRIMARY KEY REFERENCES replication.generation (id),
     sequence int NOT NULL,
     object bytea NOT NULL,
     -- what it says of the replicas: it is written anew when that changes
     replicas jsonb NOT NULL,
     is_final boolean NOT NULL,
     made_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
  'GRANT SELECT, INSERT ON replication.erasure TO holdfast_app',
  'GRANT SELECT, UPDATE ON replication.erasure_gate TO holdfast_app',
  'GRANT SELECT ON replication.erasure_gate TO holdfast_connector',
  // Never the subject: what the connector knows of an erasure is its number.
  'GRANT SELECT (id, requested_at, request_id) ON replication.erasure TO holdfast_connector',
  'GRANT SELECT, INSERT, UPDATE ON replication.receipt TO holdfast_connector',
  'GRANT SELECT ON replication.receipt TO holdfast_app',
  'GRANT SELECT (purged_objects, listed_at) ON replication.generation TO holdfast_app',
  // Destroying a subject's key is how the audit forgets a person: its proofs stay, its values cannot be opened. One key
  // at a time: the server still may not delete from any table of the audit.
  `CREATE FUNCTION audit.destroy_subject_key(of_type text, of_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
     SET search_path = pg_catalog, pg_temp
     AS $$ DELETE FROM audit.subject_key WHERE subject_type = of_type AND subject_id = of_id $$`,
  'REVOKE ALL ON FUNCTION audit.destroy_subject_key(text, uuid) FROM PUBLIC',
  'GRANT EXECUTE ON FUNCTION audit.destroy_subject_key(text, uuid) TO holdfast_app',
];

export class CreateErasures1764300600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit.destroy_subject_key(text, uuid)');
    await runner.query('DROP TABLE replication.receipt, replication.erasure_gate, replication.erasure');
    await runner.query(
      'ALTER TABLE replication.generation DROP COLUMN purged_objects, DROP COLUMN listed_at',
    );
  }
}
