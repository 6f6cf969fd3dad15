import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A replica that is filled for the first time puts millions of rows into tables with a dozen indexes each, and most of
 * the time goes into keeping those in order, row by row. Built afterwards they take a fraction of that. Only an owner may
 * drop and make indexes, so the apply role asks through these two functions. They do it only where nothing was applied
 * yet, so no reader waits for the lock, and in the caller's transaction, so an index cannot be lost on the way: what is
 * made anew is what the table here says, which nobody but the functions writes.
 */
const STATEMENTS = [
  `CREATE TABLE replication.shelved_index (
     definition text NOT NULL
   )`,
  `CREATE FUNCTION replication.shelve_indexes(target regclass) RETURNS integer
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
   DECLARE
     shelved integer := 0;
     one record;
     has_rows boolean;
   BEGIN
     IF EXISTS (SELECT 1 FROM replication.replica_state WHERE generation IS NOT NULL) THEN
       RAISE EXCEPTION 'this replica holds a state already' USING ERRCODE = 'object_not_in_prerequisite_state';
     END IF;
     IF NOT EXISTS (SELECT 1 FROM pg_class WHERE oid = target AND relnamespace = 'crm'::regnamespace AND relkind = 'r') THEN
       RAISE EXCEPTION '% is no table of records', target USING ERRCODE = 'wrong_object_type';
     END IF;
     EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', target) INTO has_rows;
     IF has_rows THEN RETURN 0; END IF;
     FOR one IN
       SELECT i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS definition
       FROM pg_index i
       WHERE i.indrelid = target AND NOT i.indisunique
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
       ORDER BY 1
     LOOP
       INSERT INTO replication.shelved_index VALUES (one.definition);
       EXECUTE format('DROP INDEX %s', one.name);
       shelved := shelved + 1;
     END LOOP;
     RETURN shelved;
   END $$`,
  // PostgreSQL's own default of 64 MB sorts and merges five million words many times over
  `CREATE FUNCTION replication.restore_indexes() RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET maintenance_work_mem = '256MB' AS $$
   DECLARE
     one text;
   BEGIN
     FOR one IN DELETE FROM replication.shelved_index RETURNING definition LOOP
       EXECUTE one;
     END LOOP;
   END $$`,
  'REVOKE ALL ON FUNCTION replication.shelve_indexes(regclass) FROM PUBLIC',
  'REVOKE ALL ON FUNCTION replication.restore_indexes() FROM PUBLIC',
  'GRANT EXECUTE ON FUNCTION replication.shelve_indexes(regclass) TO holdfast_replica_apply',
  'GRANT EXECUTE ON FUNCTION replication.restore_indexes() TO holdfast_replica_apply',
];

export class BuildIndexesAfterHydrate1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION replication.restore_indexes()');
    await runner.query('DROP FUNCTION replication.shelve_indexes(regclass)');
    await runner.query('DROP TABLE replication.shelved_index');
  }
}
