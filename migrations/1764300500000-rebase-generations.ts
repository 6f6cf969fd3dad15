import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A generation may be made anew beside the one in force, from the same rows, ledger and digest key: that is how the
 * bucket is compacted and how erased rows leave it. While that goes on the new one is 'preparing'.
 */
const STATEMENTS = [
  'ALTER TABLE replication.generation DROP CONSTRAINT generation_state_check',
  `ALTER TABLE replication.generation ADD CONSTRAINT generation_state_check
     CHECK (state IN ('preparing', 'building', 'live', 'retired', 'purged'))`,
  `CREATE UNIQUE INDEX generation_preparing ON replication.generation ((true)) WHERE state = 'preparing'`,
  // Chosen when the generation begins; null on those that are older than this column.
  'ALTER TABLE replication.generation ADD COLUMN recipients jsonb',
  // Until then readers that are on their way through a retired generation may finish; null: it goes at once.
  'ALTER TABLE replication.generation ADD COLUMN purge_after timestamptz',
  `CREATE TABLE replication.rebase (
     generation int PRIMARY KEY REFERENCES replication.generation (id),
     based_on int NOT NULL REFERENCES replication.generation (id),
     -- rows up to here, in the catalogue's order of types, are in the parts
     type text,
     last_id uuid,
     tally jsonb NOT NULL DEFAULT '[]',
     -- the batch of the old generation whose state the parts are
     complete_at_n int,
     attachments jsonb,
     must_purge_at_once boolean NOT NULL,
     started_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
  `CREATE TABLE replication.rebase_part (
     generation int NOT NULL REFERENCES replication.rebase (generation) ON DELETE CASCADE,
     part int NOT NULL,
     entry jsonb NOT NULL,
     PRIMARY KEY (generation, part)
   )`,
  // What each replica says of its keys.
  `ALTER TABLE replication.replica_ack ADD COLUMN sequence bigint NOT NULL DEFAULT 0,
     ADD COLUMN recipients jsonb NOT NULL DEFAULT '[]', ADD COLUMN destroyed jsonb NOT NULL DEFAULT '[]',
     -- whose word it is: what another key of the same name once announced counts no more
     ADD COLUMN key text`,
  // Why the next generation is owed. Taken up by the first that begins after the request was committed.
  `CREATE TABLE replication.generation_request (
     id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
     reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 2000),
     purge_at_once boolean NOT NULL DEFAULT false,
     -- nothing of the generation in force goes out any more, such as when a replica was revoked
     stops_publishing boolean NOT NULL DEFAULT false,
     requested_by text,
     requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     generation int REFERENCES replication.generation (id)
   )`,
  'GRANT SELECT, INSERT ON replication.generation_request TO holdfast_app',
  'GRANT SELECT, UPDATE (generation) ON replication.generation_request TO holdfast_connector',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON replication.rebase, replication.rebase_part TO holdfast_connector',
  'GRANT SELECT ON replication.rebase, replication.rebase_part TO holdfast_app',
  'GRANT SELECT (recipients, purge_after) ON replication.generation TO holdfast_app',
];

export class RebaseGenerations1764300500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE replication.generation_request, replication.rebase_part, replication.rebase',
    );
    await runner.query(
      'ALTER TABLE replication.replica_ack DROP COLUMN sequence, DROP COLUMN recipients, DROP COLUMN destroyed, DROP COLUMN key',
    );
    await runner.query(`UPDATE replication.generation SET state = 'retired' WHERE state = 'preparing'`);
    await runner.query('ALTER TABLE replication.generation DROP COLUMN recipients, DROP COLUMN purge_after');
    await runner.query('DROP INDEX replication.generation_preparing');
    await runner.query('ALTER TABLE replication.generation DROP CONSTRAINT generation_state_check');
    await runner.query(
      `ALTER TABLE replication.generation ADD CONSTRAINT generation_state_check
         CHECK (state IN ('building', 'live', 'retired', 'purged'))`,
    );
  }
}
