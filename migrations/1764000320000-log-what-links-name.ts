import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `follows: { through: … }`: a record is selected because a link row names it. When the link row goes or comes to name
 * another record, nothing leads from it to the one it named before, so its trigger logs that one too.
 */
export class LogWhatLinksName1764000320000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE replication.capture_rule ADD COLUMN links text[] NOT NULL DEFAULT '{}'`);
    await runner.query(
      `COMMENT ON COLUMN replication.capture_rule.links IS 'type, column, type, column, …: records that a row names'`,
    );
    for (const statement of [...captureFunctions, installer]) await runner.query(statement);
  }

  /** The column and the functions stay: without links they do what those before them did. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM replication.capture_rule`);
    await runner.query(`DO $$ DECLARE t record; BEGIN
      FOR t IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger WHERE tgname LIKE 'holdfast\\_capture\\_%'
      LOOP EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.relation); END LOOP; END $$`);
  }
}

const into = 'INSERT INTO replication.change (xid, type, id)';
const own = (alias: string) => `SELECT pg_current_xact_id(), TG_ARGV[0], ${alias}.id`;
/** Arguments after the first come in pairs: the type that is named, and the column that names it. */
const named = (rows: string) => `
  FOR i IN 1 .. TG_NARGS - 2 BY 2 LOOP
    EXECUTE format('${into} SELECT DISTINCT pg_current_xact_id(), %1$L, l.id FROM (${rows}) l WHERE l.id IS NOT NULL',
      TG_ARGV[i], TG_ARGV[i + 1]);
  END LOOP;`;

const define = (event: string, body: string, rows: string) => `
CREATE OR REPLACE FUNCTION replication.capture_${event}_id() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  ${body};${named(rows)}
  RETURN NULL;
END $$`;

const captureFunctions = [
  define('insert', `${into} ${own('n')} FROM new_rows n`, 'SELECT n.%2$I AS id FROM new_rows n'),
  define('delete', `${into} ${own('o')} FROM old_rows o`, 'SELECT o.%2$I AS id FROM old_rows o'),
  define(
    'update',
    `${into} ${own('n')} FROM new_rows n;
  ${into} ${own('o')} FROM old_rows o WHERE o.id NOT IN (SELECT n.id FROM new_rows n)`,
    'SELECT n.%2$I AS id FROM new_rows n UNION ALL SELECT o.%2$I FROM old_rows o',
  ),
];

/** As before; the trigger's arguments now end with the rule's links. */
const installer = `
CREATE OR REPLACE FUNCTION replication.sync_capture() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $fn$
DECLARE
  missing text;
  rule record;
  event record;
BEGIN
  DELETE FROM replication.view_source;
  INSERT INTO replication.view_source (type, relation)
  WITH RECURSIVE reads (type, relid) AS (
    SELECT c.relname::text, c.oid FROM pg_class c
    WHERE c.relnamespace = 'cloud'::regnamespace AND c.relkind = 'v'
    UNION
    SELECT r.type, d.refobjid FROM reads r
    JOIN pg_rewrite w ON w.ev_class = r.relid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.relid
  )
  SELECT DISTINCT r.type, r.relid::regclass FROM reads r JOIN pg_class c ON c.oid = r.relid
  WHERE c.relkind IN ('r', 'p', 'f', 'm');

  -- The connector's own table, whose rule no policy states. Its changes are logged by blob, because the records that
  -- show the file are only known in the snapshot that a batch is read in.
  INSERT INTO replication.capture_rule (relation, type, key_column)
  SELECT c, '*blob', 'blob_id' FROM to_regclass('replication.blob_object') c WHERE c IS NOT NULL
  ON CONFLICT (relation) DO UPDATE SET type = excluded.type, key_column = excluded.key_column;

  SELECT string_agg(DISTINCT s.relation::text, ', ') INTO missing FROM replication.view_source s
  WHERE NOT EXISTS (SELECT 1 FROM replication.capture_rule r WHERE r.relation = s.relation);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'no capture rule for %', missing USING ERRCODE = 'HF001';
  END IF;

  FOR rule IN SELECT t.tgrelid::regclass AS relation, t.tgname FROM pg_trigger t
    WHERE t.tgname LIKE 'holdfast\\_capture\\_%'
      AND NOT EXISTS (SELECT 1 FROM replication.view_source s WHERE s.relation = t.tgrelid)
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', rule.tgname, rule.relation);
  END LOOP;

  FOR rule IN SELECT r.* FROM replication.capture_rule r
    WHERE EXISTS (SELECT 1 FROM replication.view_source s WHERE s.relation = r.relation)
    ORDER BY r.relation::text
  LOOP
    FOR event IN SELECT * FROM (VALUES
      ('insert', 'REFERENCING NEW TABLE AS new_rows', 'capture_insert_' || rule.key_column),
      ('update', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows', 'capture_update_' || rule.key_column),
      ('delete', 'REFERENCING OLD TABLE AS old_rows', 'capture_delete_' || rule.key_column),
      ('truncate', '', 'capture_truncate')) AS e (name, tables, function)
    LOOP
      CONTINUE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = rule.relation
        AND t.tgname = 'holdfast_capture_' || event.name AND t.tgenabled = 'A'
        AND t.tgfoid = to_regproc('replication.' || event.function)
        AND encode(t.tgargs, 'escape') = (SELECT string_agg(a.arg || '\\000', '' ORDER BY a.place)
          FROM unnest(rule.type || rule.links) WITH ORDINALITY a (arg, place)));
      EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', 'holdfast_capture_' || event.name, rule.relation);
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION replication.%I(%s)',
        'holdfast_capture_' || event.name, event.name, rule.relation, event.tables, event.function,
        (SELECT string_agg(quote_literal(a.arg), ', ' ORDER BY a.place)
          FROM unnest(rule.type || rule.links) WITH ORDINALITY a (arg, place)));
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', rule.relation, 'holdfast_capture_' || event.name);
    END LOOP;
  END LOOP;
END $fn$`;
