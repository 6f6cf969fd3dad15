import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How the manifests of a generation are named: docs/replica-format.md, section 2. One generation has one form. */
export class KeepFormOfManifestKeys1764000600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE replication.generation ADD COLUMN manifest_keys text NOT NULL DEFAULT 'plain'
         CHECK (manifest_keys IN ('plain', 'epoch'))`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replication.generation DROP COLUMN manifest_keys');
  }
}
