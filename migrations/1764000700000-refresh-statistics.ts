import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Right after an import PostgreSQL has no statistics yet, and guesses plans for the policy views that take minutes
 * where a second would do. Only an owner may ANALYZE (before PostgreSQL 17), so the connector asks through this
 * function, which looks at nothing but what has changed a lot and answers only how many tables that were.
 */
export class RefreshStatistics1764000700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION replication.refresh_statistics() RETURNS integer
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '5s' AS $$
      DECLARE
        stale record;
        refreshed integer := 0;
      BEGIN
        FOR stale IN
          SELECT c.oid::regclass::text AS name
          FROM pg_class c JOIN pg_stat_user_tables s ON s.relid = c.oid
          WHERE c.relkind = 'r' AND pg_relation_size(c.oid) > 0
            AND (s.schemaname = 'crm' OR c.oid = 'replication.blob_object'::regclass)
            AND (coalesce(s.last_analyze, s.last_autoanalyze) IS NULL
              OR s.n_mod_since_analyze > 500 + 0.2 * greatest(c.reltuples, 0))
        LOOP
          BEGIN
            EXECUTE 'ANALYZE ' || stale.name;
            refreshed := refreshed + 1;
          EXCEPTION WHEN lock_not_available THEN
            -- something else is at work on this table; its statistics are only older than they could be
            NULL;
          END;
        END LOOP;
        RETURN refreshed;
      END $$`);
    await runner.query('REVOKE ALL ON FUNCTION replication.refresh_statistics() FROM PUBLIC');
    await runner.query('GRANT EXECUTE ON FUNCTION replication.refresh_statistics() TO holdfast_connector');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION replication.refresh_statistics()');
  }
}
