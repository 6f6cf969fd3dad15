import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where each selected file stands on its way to the bucket. The connector alone writes it; the view of the attachments
 * shows from it which sealed object a row's file is. A change of it is a change of those rows, so it is captured.
 */
const TABLES = [
  // 'removing': the object is on its way out, and no row may refer to it any more. A name is noted before the first
  // byte leaves, so that nothing lies in the bucket that no row knows.
  `CREATE TABLE replication.blob_object (
     blob_id uuid PRIMARY KEY,
     state text NOT NULL CHECK (state IN ('uploading', 'available', 'failed', 'removing')),
     object_name text UNIQUE,
     object_bytes bigint,
     object_sha256 text,
     upload_id text,
     wrapped_data_key text,
     header bytea,
     sent_bytes bigint NOT NULL DEFAULT 0,
     holder uuid,
     epoch bigint NOT NULL DEFAULT 0,
     claimed_until timestamptz,
     attempts int NOT NULL DEFAULT 0,
     retry_at timestamptz,
     error_code text,
     error text,
     referenced boolean NOT NULL DEFAULT false,
     condemned_generation int,
     condemned_n int,
     condemned_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     CONSTRAINT blob_object_is_whole CHECK (
       state NOT IN ('available', 'removing') OR num_nonnulls(object_name, object_bytes, object_sha256) = 3)
   )`,
  `COMMENT ON COLUMN replication.blob_object.wrapped_data_key IS
     'of an upload under way, wrapped to the connector itself: with it a resumed upload seals the same bytes'`,
  `COMMENT ON COLUMN replication.blob_object.referenced IS 'a row of the last recorded batch shows this object'`,
  // What the pending batch said of attachments, to be taken back with it.
  'ALTER TABLE replication.batch ADD COLUMN attachments jsonb',
];

/** Only what the view shows of an object: progress and leases are nobody's news. */
const SEEN = ['state', 'object_name', 'object_bytes', 'object_sha256'];
const seen = (alias: string): string => SEEN.map((column) => `${alias}.${column}`).join(', ');

function captureFunction(event: string, body: string): string {
  return `CREATE FUNCTION replication.capture_${event}_blob_id() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$ BEGIN
      INSERT INTO replication.change (xid, type, id) SELECT pg_current_xact_id(), TG_ARGV[0], ${body};
      RETURN NULL;
    END $$`;
}

const CAPTURE = [
  'ALTER TABLE replication.capture_rule DROP CONSTRAINT capture_rule_key_column_check',
  `ALTER TABLE replication.capture_rule ADD CONSTRAINT capture_rule_key_column_check
     CHECK (key_column IN ('id', 'blob_id'))`,
  captureFunction('insert', 'n.blob_id FROM new_rows n'),
  captureFunction('delete', 'o.blob_id FROM old_rows o'),
  captureFunction(
    'update',
    `n.blob_id FROM new_rows n JOIN old_rows o ON o.blob_id = n.blob_id
       WHERE (${seen('n')}) IS DISTINCT FROM (${seen('o')})`,
  ),
  // Exported rows only, so the answer tells the connector no id that it has not sent. A row that is selected and was
  // never sent has a change of its own in the log.
  `CREATE FUNCTION replication.attachments_of_blobs(ids uuid[]) RETURNS TABLE (id uuid)
     LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN
       RETURN QUERY SELECT a.id FROM crm.attachment a WHERE a.blob_id = ANY (ids)
         AND EXISTS (SELECT 1 FROM replication.ledger l WHERE l.type = 'attachment' AND l.id = a.id);
     END $$`,
];

/** As before, with the one fixed rule added. */
const INSTALLER = `
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
        AND encode(t.tgargs, 'escape') = rule.type || '\\000');
      EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', 'holdfast_capture_' || event.name, rule.relation);
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION replication.%I(%L)',
        'holdfast_capture_' || event.name, event.name, rule.relation, event.tables, event.function, rule.type);
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', rule.relation, 'holdfast_capture_' || event.name);
    END LOOP;
  END LOOP;
END $fn$`;

const FUNCTIONS =
  'replication.capture_insert_blob_id(), replication.capture_update_blob_id(), ' +
  'replication.capture_delete_blob_id(), replication.attachments_of_blobs(uuid[])';

const GRANTS = [
  `REVOKE ALL ON FUNCTION ${FUNCTIONS} FROM PUBLIC`,
  'GRANT EXECUTE ON FUNCTION replication.attachments_of_blobs(uuid[]) TO holdfast_connector',
  `GRANT SELECT, INSERT, UPDATE, DELETE ON replication.blob_object TO holdfast_connector`,
  // The views run with the maintainer's rights, and locking one locks what it reads.
  'GRANT SELECT ON replication.blob_object TO holdfast_maintainer',
  `GRANT SELECT (blob_id, state, object_bytes, sent_bytes, attempts, retry_at, error_code, error, referenced,
     condemned_at, created_at, updated_at) ON replication.blob_object TO holdfast_app`,
];

export class CreateBlobObjects1764000200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...CAPTURE, INSTALLER, ...GRANTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE replication.blob_object CASCADE');
    await runner.query('ALTER TABLE replication.batch DROP COLUMN attachments');
    await runner.query(`DELETE FROM replication.capture_rule WHERE key_column = 'blob_id'`);
    await runner.query(`DROP FUNCTION ${FUNCTIONS}`);
  }
}
