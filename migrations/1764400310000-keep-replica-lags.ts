import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far behind each replica was, minute by minute, for the chart on the page Cloud. */
const STATEMENTS = [
  `CREATE TABLE replication.replica_lag (
     replica text NOT NULL,
     -- the minute; the lag is the greatest that was seen in it
     at timestamptz NOT NULL,
     lag_ms bigint NOT NULL CHECK (lag_ms >= 0),
     PRIMARY KEY (replica, at)
   )`,
  'CREATE INDEX replica_lag_at ON replication.replica_lag (at)',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON replication.replica_lag TO holdfast_connector',
  'GRANT SELECT ON replication.replica_lag TO holdfast_app',
];

export class KeepReplicaLags1764400310000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replication.replica_lag');
  }
}
