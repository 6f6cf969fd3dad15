import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  // What this replica stands at. Changed in the same transaction as the rows, so the two can never differ.
  `CREATE TABLE replication.replica_state (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     generation int,
     n int,
     manifest_digest text,
     epoch bigint,
     root_version int,
     policy jsonb,
     as_of timestamptz,
     applied_at timestamptz,
     types jsonb NOT NULL DEFAULT '[]',
     schema jsonb NOT NULL DEFAULT '[]',
     digest_key text
   )`,
  `INSERT INTO replication.replica_state DEFAULT VALUES`,
  // What was seen in the bucket, also where it was not applied: the mark that nothing may fall below.
  `CREATE TABLE replication.replica_watch (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     seen_generation int NOT NULL DEFAULT 0,
     seen_n int NOT NULL DEFAULT 0,
     confirmed_as_of timestamptz,
     beat_expires timestamptz,
     ack_sequence bigint NOT NULL DEFAULT 0,
     last_error jsonb
   )`,
  `INSERT INTO replication.replica_watch DEFAULT VALUES`,
  `CREATE TABLE replication.replica_root (
     version int PRIMARY KEY CHECK (version > 0),
     object bytea NOT NULL
   )`,
  `GRANT USAGE ON SCHEMA replication TO holdfast_replica_apply, holdfast_replica_app`,
  `GRANT SELECT, UPDATE ON replication.replica_state, replication.replica_watch TO holdfast_replica_apply`,
  `GRANT SELECT, INSERT ON replication.replica_root TO holdfast_replica_apply`,
  `GRANT SELECT ON replication.replica_watch TO holdfast_replica_app`,
  // Not the digest key: whoever has it can guess rows from checksums.
  `GRANT SELECT (generation, n, manifest_digest, epoch, root_version, policy, as_of, applied_at, types, schema)
     ON replication.replica_state TO holdfast_replica_app`,
];

/** A replica's place in the chain of manifests. */
export class CreateReplicaState1763800600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['replica_root', 'replica_watch', 'replica_state']) {
      await runner.query(`DROP TABLE replication.${table}`);
    }
  }
}
