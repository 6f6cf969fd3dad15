import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Roots of trust travel from the administrator to the connector through this database, because the bucket may withhold
 * one, and a revocation that never arrives revokes nothing. Nobody believes a root for standing here: each is signed by
 * the one before.
 */
const tables = [
  `CREATE TABLE replication.trust_root (
     version int PRIMARY KEY CHECK (version > 0),
     object bytea NOT NULL CHECK (octet_length(object) BETWEEN 1 AND 1048576),
     added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     taken_up_at timestamptz,
     signing_key text
   )`,
  `COMMENT ON COLUMN replication.trust_root.signing_key IS
     'public key that a connector which knows this root signs with; null: it has none that the root lists'`,
  'ALTER TABLE replication.generation ADD COLUMN sealed_to text',
  `COMMENT ON COLUMN replication.generation.sealed_to IS
     'SHA-256 of the recipients when it began; others begin another. Null: older than this column'`,
  'ALTER TABLE replication.replica_ack ADD COLUMN revoked_at timestamptz',
  // 'stale': sealed to replicas that are no longer the ones. No row shows it any more; it is removed and sent anew.
  'ALTER TABLE replication.blob_object DROP CONSTRAINT blob_object_state_check',
  `ALTER TABLE replication.blob_object ADD CONSTRAINT blob_object_state_check
     CHECK (state IN ('uploading', 'available', 'failed', 'stale', 'removing'))`,
  `COMMENT ON COLUMN replication.blob_object.sealed_to IS
     'SHA-256 of the recipients in its header; null: before this was kept, or nothing is sealed yet'`,
];

const grants = [
  'GRANT SELECT, INSERT ON replication.trust_root TO holdfast_app, holdfast_connector',
  'GRANT UPDATE (taken_up_at, signing_key) ON replication.trust_root TO holdfast_connector',
];

export class KeepRootsOfTrust1764300400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...grants]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replication.trust_root');
    await runner.query('ALTER TABLE replication.generation DROP COLUMN sealed_to');
    await runner.query('ALTER TABLE replication.replica_ack DROP COLUMN revoked_at');
    await runner.query(`UPDATE replication.blob_object SET state = 'available' WHERE state = 'stale'`);
    await runner.query('ALTER TABLE replication.blob_object DROP CONSTRAINT blob_object_state_check');
    await runner.query(`ALTER TABLE replication.blob_object ADD CONSTRAINT blob_object_state_check
      CHECK (state IN ('uploading', 'available', 'failed', 'removing'))`);
  }
}
