import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An account of what left: each published batch with its objects, and for each record when it was first and last
 * published. A place is a batch's position in one number, `generation << 32 | n`, so that places compare as batches do.
 */
const STATEMENTS = [
  // null: with the snapshot that this ledger began with. So the first snapshot writes nothing more than it did.
  'ALTER TABLE replication.ledger ADD COLUMN first_place bigint, ADD COLUMN last_place bigint',
  'ALTER TABLE replication.ledger_undo ADD COLUMN first_place bigint, ADD COLUMN last_place bigint',
  // The generation whose snapshot filled the ledger; one made beside the chain takes the ledger over.
  'ALTER TABLE replication.generation ADD COLUMN ledger_since int',
  `UPDATE replication.generation SET ledger_since = id`,
  // Records that are no longer in the ledger, or were not once in between.
  `CREATE TABLE replication.publication (
     type text NOT NULL,
     id uuid NOT NULL,
     first_place bigint NOT NULL,
     last_place bigint NOT NULL,
     withdrawn_place bigint,
     PRIMARY KEY (type, id)
   )`,
  `CREATE TABLE replication.published_batch (
     place bigint PRIMARY KEY,
     generation int NOT NULL,
     n int NOT NULL,
     kind text NOT NULL,
     policy_version int NOT NULL,
     as_of timestamptz NOT NULL,
     published_at timestamptz NOT NULL,
     manifest text NOT NULL,
     bytes bigint NOT NULL,
     -- those that the batch changed: {type, upserts, deletes}
     types jsonb NOT NULL,
     -- {name, bytes, sha256} of parts and lists, then of attachments that came with it
     objects jsonb NOT NULL
   )`,
  'CREATE INDEX published_batch_at ON replication.published_batch (published_at)',
  // With which fields a type left, by the policy that was in force.
  `CREATE TABLE replication.published_fields (
     policy_version int NOT NULL,
     type text NOT NULL,
     columns jsonb NOT NULL,
     treatments jsonb,
     PRIMARY KEY (policy_version, type)
   )`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON replication.publication, replication.published_batch TO holdfast_connector`,
  'GRANT SELECT, INSERT ON replication.published_fields TO holdfast_connector',
  `GRANT SELECT ON replication.publication, replication.published_batch, replication.published_fields TO holdfast_app`,
  'GRANT SELECT (ledger_since) ON replication.generation TO holdfast_app',
];

export class LogPublications1764300700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE replication.published_fields, replication.published_batch, replication.publication',
    );
    await runner.query('ALTER TABLE replication.generation DROP COLUMN ledger_since');
    for (const table of ['ledger', 'ledger_undo'])
      await runner.query(`ALTER TABLE replication.${table} DROP COLUMN first_place, DROP COLUMN last_place`);
  }
}
