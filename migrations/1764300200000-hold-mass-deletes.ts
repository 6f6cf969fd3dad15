import type { MigrationInterface, QueryRunner } from 'typeorm';
import { parse } from 'yaml';

/**
 * What the connector holds back because it would delete too much, and what a person lets pass. The connector writes the
 * one and reads the other; the server the other way round, so that neither can speak for both.
 */
const TABLES = [
  // One row while a batch is held, none otherwise. The token names this hold: what is held later has another one, so a
  // confirmation is good for one batch.
  `CREATE TABLE replication.brake_hold (
     singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
     generation int NOT NULL,
     token text NOT NULL,
     threshold int NOT NULL,
     deletes jsonb NOT NULL,
     samples jsonb NOT NULL,
     confirmation_ms int NOT NULL CHECK (confirmation_ms > 0),
     since timestamptz NOT NULL DEFAULT clock_timestamp(),
     seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
   )`,
  `CREATE TABLE replication.brake_confirmation (
     id uuid PRIMARY KEY,
     token text NOT NULL,
     generation int NOT NULL,
     deletes jsonb NOT NULL,
     confirmed_by uuid NOT NULL,
     reason text,
     confirmed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     expires_at timestamptz NOT NULL
   )`,
  'CREATE INDEX brake_confirmation_token ON replication.brake_confirmation (token)',
  'ALTER TABLE replication.policy ADD COLUMN brake_deletes int CHECK (brake_deletes > 0)',
  `CREATE OR REPLACE VIEW replication.active_policy AS
     SELECT version, hash, activated_at, brake_deletes FROM replication.policy WHERE state = 'active'`,
];

const GRANTS = [
  'GRANT SELECT, INSERT, UPDATE, DELETE ON replication.brake_hold TO holdfast_connector',
  'GRANT SELECT ON replication.brake_confirmation TO holdfast_connector',
  'GRANT SELECT ON replication.brake_hold, replication.brake_confirmation TO holdfast_app',
  'GRANT INSERT ON replication.brake_confirmation TO holdfast_app',
  'GRANT UPDATE (brake_deletes) ON replication.policy TO holdfast_maintainer',
];

export class HoldMassDeletes1764300200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [...TABLES, ...GRANTS]) await runner.query(sql);
    // Policies of earlier releases name a brake that nothing acted on; from now on it acts.
    const rows = (await runner.query('SELECT version, yaml FROM replication.policy')) as {
      version: number;
      yaml: string;
    }[];
    for (const { version, yaml } of rows)
      await runner.query('UPDATE replication.policy SET brake_deletes = $2 WHERE version = $1', [
        version,
        brakeOf(yaml),
      ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW replication.active_policy');
    await runner.query('ALTER TABLE replication.policy DROP COLUMN brake_deletes');
    await runner.query(`CREATE VIEW replication.active_policy AS
      SELECT version, hash, activated_at FROM replication.policy WHERE state = 'active'`);
    await runner.query('GRANT SELECT ON replication.active_policy TO holdfast_app, holdfast_connector');
    await runner.query('DROP TABLE replication.brake_confirmation, replication.brake_hold');
  }
}

/** Every stored document was checked when it was proposed; what cannot be read now has no brake. */
function brakeOf(yaml: string): number | null {
  try {
    const { brake } = parse(yaml) as { brake?: { deletes?: unknown } | null };
    return typeof brake?.deletes === 'number' ? brake.deletes : null;
  } catch {
    return null;
  }
}
