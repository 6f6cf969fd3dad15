import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whom an upload under way is sealed to. One that goes on after days would else reach replicas that are no longer
 * trusted, and not those that have come meanwhile. Uploads begun before this start anew.
 */
export class NoteRecipientsOfUploads1764100100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replication.blob_object ADD COLUMN sealed_to text');
    await runner.query(
      `COMMENT ON COLUMN replication.blob_object.sealed_to IS
         'of an upload under way: SHA-256 of the recipients in its header'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replication.blob_object DROP COLUMN sealed_to');
  }
}
