import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which files the policy in force selects, for the server that wraps their keys for the connector. */
export class LetFilesFollowThePolicy1764000300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...selectedBlobs, ...grants]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW replication.selected_blobs');
    await runner.query('DROP FUNCTION replication.read_selected_blobs(), replication.selected_among(uuid[])');
    await runner.query('REVOKE USAGE ON SCHEMA cloud FROM holdfast_app');
  }
}

/**
 * The policy's own view over files comes and goes with each policy, and there is none where no file may leave. These
 * stay, so that the server can ask at any time. They run with the server's rights, which may read that one view.
 */
const selectedBlobs = [
  `CREATE FUNCTION replication.read_selected_blobs() RETURNS SETOF uuid LANGUAGE plpgsql STABLE
   SET search_path = pg_catalog, pg_temp AS $fn$ BEGIN
     IF to_regclass('cloud.selected_blob') IS NOT NULL THEN
       RETURN QUERY EXECUTE 'SELECT DISTINCT blob_id FROM cloud.selected_blob';
     END IF;
   END $fn$`,
  // Which of these few: reads their rows through the index, where the view reads every file there is.
  `CREATE FUNCTION replication.selected_among(ids uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql STABLE
   SET search_path = pg_catalog, pg_temp AS $fn$ BEGIN
     IF to_regclass('cloud.selected_blob') IS NOT NULL THEN
       RETURN QUERY EXECUTE 'SELECT DISTINCT blob_id FROM cloud.selected_blob WHERE blob_id = ANY ($1)' USING ids;
     END IF;
   END $fn$`,
  'CREATE VIEW replication.selected_blobs AS SELECT blob_id FROM replication.read_selected_blobs() AS r (blob_id)',
];

const grants = [
  'REVOKE ALL ON FUNCTION replication.read_selected_blobs(), replication.selected_among(uuid[]) FROM PUBLIC',
  'GRANT EXECUTE ON FUNCTION replication.read_selected_blobs(), replication.selected_among(uuid[]) TO holdfast_app',
  'GRANT SELECT ON replication.selected_blobs TO holdfast_app',
  'GRANT USAGE ON SCHEMA cloud TO holdfast_app',
];
