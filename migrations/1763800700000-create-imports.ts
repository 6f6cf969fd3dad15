import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Imports keep their place here, in the transaction that writes their rows, so that a killed one goes on without doubles. */
export class CreateImports1763800700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE platform.import (
        id uuid PRIMARY KEY,
        type text NOT NULL,
        label text NOT NULL,
        mapping text NOT NULL,
        file_name text NOT NULL,
        is_dry_run boolean NOT NULL DEFAULT false,
        is_all_or_nothing boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'waiting'
          CHECK (state IN ('waiting', 'queued', 'running', 'cancelling', 'done', 'failed', 'cancelled')),
        principal jsonb NOT NULL,
        total_rows integer,
        position integer NOT NULL DEFAULT 0,
        linked integer NOT NULL DEFAULT 0,
        created integer NOT NULL DEFAULT 0,
        updated integer NOT NULL DEFAULT 0,
        unchanged integer NOT NULL DEFAULT 0,
        skipped integer NOT NULL DEFAULT 0,
        failed integer NOT NULL DEFAULT 0,
        error_bytes bigint NOT NULL DEFAULT 0,
        problems jsonb NOT NULL DEFAULT '[]',
        created_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        heartbeat_at timestamptz,
        finished_at timestamptz
      )`);
    await runner.query('CREATE INDEX import_created_at ON platform.import (created_at DESC, id)');
    await runner.query('GRANT SELECT, INSERT, UPDATE ON platform.import TO holdfast_app');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE platform.import');
  }
}
