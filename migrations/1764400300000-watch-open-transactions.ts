import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The transactions that have written and not ended, as the connector sees them: what they changed waits for their end.
 * Kept in its status, because since when one is open it has to remember: the account may not see when others' began.
 */
export class WatchOpenTransactions1764400300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // {kind, xid, since, pid, gid, role, application}, the oldest first
    await runner.query(
      `ALTER TABLE replication.connector_status ADD COLUMN open_transactions jsonb NOT NULL DEFAULT '[]'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replication.connector_status DROP COLUMN open_transactions');
  }
}
