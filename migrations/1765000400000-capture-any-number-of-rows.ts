import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The trigger on updates looked for old keys that are gone with NOT IN. That is a hashed subplan only while all keys of
 * the statement fit into work_mem, some 200,000 of them; beyond that PostgreSQL compares each with each, and an UPDATE of
 * a million rows did not end. UNION is hashed or sorted, on disk where it must be, whatever the plan was made for.
 */
export class CaptureAnyNumberOfRows1765000400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      captureUpdate(
        `INSERT INTO replication.change (xid, type, id)
    SELECT pg_current_xact_id(), TG_ARGV[0], k.id
    FROM (SELECT n.id FROM new_rows n UNION SELECT o.id FROM old_rows o) k`,
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      captureUpdate(
        `INSERT INTO replication.change (xid, type, id)
    SELECT pg_current_xact_id(), TG_ARGV[0], n.id FROM new_rows n;
  INSERT INTO replication.change (xid, type, id)
    SELECT pg_current_xact_id(), TG_ARGV[0], o.id FROM old_rows o WHERE o.id NOT IN (SELECT n.id FROM new_rows n)`,
      ),
    );
  }
}

/** Arguments after the first come in pairs: the type that a row names, and the column that names it. */
const captureUpdate = (keys: string) => `
CREATE OR REPLACE FUNCTION replication.capture_update_id() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  ${keys};
  FOR i IN 1 .. TG_NARGS - 2 BY 2 LOOP
    EXECUTE format('INSERT INTO replication.change (xid, type, id) SELECT DISTINCT pg_current_xact_id(), %1$L, l.id '
      'FROM (SELECT n.%2$I AS id FROM new_rows n UNION ALL SELECT o.%2$I FROM old_rows o) l WHERE l.id IS NOT NULL',
      TG_ARGV[i], TG_ARGV[i + 1]);
  END LOOP;
  RETURN NULL;
END $$`;
