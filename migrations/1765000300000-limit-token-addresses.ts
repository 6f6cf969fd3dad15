import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where an API token may be used from: addresses and networks, or NULL for anywhere. */
export class LimitTokenAddresses1765000300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE access.api_token ADD COLUMN allowed_networks text[]
         CONSTRAINT api_token_networks_not_empty CHECK (cardinality(allowed_networks) > 0)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE access.api_token DROP COLUMN allowed_networks');
  }
}
