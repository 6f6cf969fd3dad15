import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The data key of a sealed attachment is no longer in the object's header but in the sealed parts of each generation. So
 * the premises keep it, and a replica does. Both sealed under a secret of their key folder: a dump of the database and a
 * copy of the bucket open no file.
 */
const STATEMENTS = [
  // An upload that is under way keeps its header; without this key it is not gone on with, and starts anew.
  `ALTER TABLE replication.blob_object ADD COLUMN sealed_data_key bytea`,
  `UPDATE replication.blob_object SET wrapped_data_key = NULL WHERE wrapped_data_key IS NOT NULL`,
  `COMMENT ON COLUMN replication.blob_object.wrapped_data_key IS 'not used any more: see sealed_data_key'`,
  `COMMENT ON COLUMN replication.blob_object.sealed_data_key IS
     'AES-256-GCM under a secret of the connector; null where the key is in the header of the object'`,
  `COMMENT ON COLUMN replication.blob_object.sealed_to IS
     'SHA-256 of the recipients that the key was last published to; where it is in the header, of those'`,
  // what is left of the objects that have their key in the header, to be sent anew
  `CREATE INDEX blob_object_keyed ON replication.blob_object (created_at)
     WHERE state = 'available' AND sealed_data_key IS NULL`,
  `CREATE TABLE replication.blob_key (
     name text PRIMARY KEY,
     sealed_key bytea NOT NULL
   )`,
  `COMMENT ON TABLE replication.blob_key IS
     'on a replica: AES-256-GCM under a secret of the replica, of every object that a row shows'`,
  'GRANT SELECT, INSERT, DELETE ON replication.blob_key TO holdfast_replica_apply',
];

export class KeepFileKeys1764400100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replication.blob_key');
    await runner.query('DROP INDEX replication.blob_object_keyed');
    await runner.query('ALTER TABLE replication.blob_object DROP COLUMN sealed_data_key');
  }
}
