import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the connector needs on the premises: the change log and the function that its triggers run, the
 * versions of the cloud policy, and the catalogue of the views compiled from the one in force.
 *
 * Everything belongs to holdfast_owner; the other roles get the narrowest right that does their job. Functions
 * that run with the owner's rights pin `search_path`, so that nobody can slip a table or operator under them.
 */
export class CreateReplication1763800400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...changeLog,
      ...captureFunctions('id'),
      captureTruncate,
      ...policies,
      ...catalogue,
      captureInstaller,
      catalogFingerprint,
      ...coalescing,
      ...grants,
    ])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DO $$ DECLARE t record; BEGIN
      FOR t IN SELECT tgrelid::regclass AS relation, tgname FROM pg_trigger WHERE tgname LIKE 'holdfast_capture_%'
      LOOP EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.relation); END LOOP; END $$`);
    await runner.query('DROP FUNCTION cloud.catalog_fingerprint()');
    await runner.query(`DO $$ DECLARE f record; BEGIN
      FOR f IN SELECT oid::regprocedure AS signature FROM pg_proc WHERE pronamespace = 'replication'::regnamespace
      LOOP EXECUTE format('DROP FUNCTION %s CASCADE', f.signature); END LOOP; END $$`);
    await runner.query('DROP VIEW replication.active_policy');
    await runner.query(
      'DROP TABLE replication.change, replication.capture_rule, replication.view_source, replication.view_catalog, replication.policy',
    );
  }
}

const changeLog = [
  // Keys only, never row data. A NULL id stands beside '*truncate': diff every type.
  `CREATE TABLE replication.change (
     xid xid8 NOT NULL,
     type text NOT NULL,
     id uuid
   ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05)`,
  'CREATE INDEX change_xid ON replication.change (xid)',
];

/**
 * One function per event and key column, so that a write runs exactly one INSERT … SELECT. The UPDATE takes the
 * new keys and those old keys that are gone; NOT IN over a transition table is always a hashed subplan, whereas
 * a join would be planned once for one row and then run as a nested loop over 200,000.
 */
function captureFunctions(key: 'id'): string[] {
  const define = (event: string, body: string) =>
    `CREATE FUNCTION replication.capture_${event}_${key}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
     SET search_path = pg_catalog, pg_temp AS $$ BEGIN ${body}; RETURN NULL; END $$`;
  const into = 'INSERT INTO replication.change (xid, type, id)';
  const row = (alias: string) => `SELECT pg_current_xact_id(), TG_ARGV[0], ${alias}.${key}`;
  return [
    define('insert', `${into} ${row('n')} FROM new_rows n`),
    define('delete', `${into} ${row('o')} FROM old_rows o`),
    define(
      'update',
      `${into} ${row('n')} FROM new_rows n;
       ${into} ${row('o')} FROM old_rows o WHERE o.${key} NOT IN (SELECT n.${key} FROM new_rows n)`,
    ),
  ];
}

const captureTruncate = `
CREATE FUNCTION replication.capture_truncate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$ BEGIN
  INSERT INTO replication.change (xid, type, id) VALUES (pg_current_xact_id(), '*truncate', NULL);
  RETURN NULL;
END $$`;

const policies = [
  `CREATE TABLE replication.policy (
     version integer PRIMARY KEY CHECK (version > 0),
     yaml text NOT NULL,
     hash text NOT NULL,
     state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'active', 'superseded', 'rejected')),
     bootstrap boolean NOT NULL DEFAULT false,
     proposed_by uuid,
     approved_by uuid,
     reason text NOT NULL,
     proposed_at timestamptz NOT NULL DEFAULT now(),
     activated_at timestamptz,
     -- Two people, whatever the program above does; only the very first policy comes from the installation.
     CONSTRAINT policy_two_people CHECK (
       state IN ('proposed', 'rejected') OR bootstrap
       OR (proposed_by IS NOT NULL AND approved_by IS NOT NULL AND approved_by <> proposed_by)),
     CONSTRAINT policy_bootstrap_is_first CHECK (NOT bootstrap OR version = 1)
   )`,
  `CREATE UNIQUE INDEX policy_one_active ON replication.policy (state) WHERE state = 'active'`,
];

const catalogue = [
  // How the connector learns what exists. Positions follow the order in which a replica can apply types.
  `CREATE TABLE replication.view_catalog (
     policy_version integer NOT NULL REFERENCES replication.policy,
     type text PRIMARY KEY,
     position integer NOT NULL UNIQUE,
     table_name text NOT NULL,
     columns jsonb NOT NULL,
     dependents_function text
   )`,
  // Which tables each view reads, found through pg_depend when the views were compiled.
  `CREATE TABLE replication.view_source (
     type text NOT NULL,
     relation regclass NOT NULL,
     PRIMARY KEY (type, relation)
   )`,
  // Under which type and key a table's changes are logged. A view over a table without a rule is refused.
  `CREATE TABLE replication.capture_rule (
     relation regclass PRIMARY KEY,
     type text NOT NULL,
     key_column text NOT NULL CHECK (key_column IN ('id'))
   )`,
  `CREATE VIEW replication.active_policy AS
     SELECT version, hash, activated_at FROM replication.policy WHERE state = 'active'`,
];

/**
 * Brings the triggers in line with what the policy views read. Needs the owner's right to ENABLE ALWAYS a
 * trigger; the maintainer may run it, and it takes no argument that could point it at another table.
 */
const captureInstaller = `
CREATE FUNCTION replication.sync_capture() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
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

/**
 * One hash per view over everything that can change rows, or what a view shows of them, without a trigger
 * firing: columns, a rewritten or swapped file, partitions and children, rules, row security, the triggers and
 * their functions. A trigger's xmin is in it, so that one disabled and enabled again between two looks shows. While
 * a capture trigger is off or gone, the snapshot is in it too: it differs at each look that can see another row, so
 * that the table is compared as long as nobody reports what happens to it.
 */
const catalogFingerprint = `
CREATE FUNCTION cloud.catalog_fingerprint() RETURNS TABLE (type text, fingerprint text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $fn$
  WITH RECURSIVE tables (root, relid) AS (
    SELECT DISTINCT relation::oid, relation::oid FROM replication.view_source
    UNION
    SELECT t.root, i.inhrelid FROM tables t JOIN pg_inherits i ON i.inhparent = t.relid
  ),
  described AS (
    SELECT t.root, md5(string_agg(d.fact, E'\\n' ORDER BY d.fact COLLATE "C")) AS hash
    FROM tables t CROSS JOIN LATERAL (
      SELECT concat_ws(' ', 'table', c.oid, c.relname, c.relkind, pg_relation_filenode(c.oid), c.relrowsecurity,
        c.relforcerowsecurity) AS fact FROM pg_class c WHERE c.oid = t.relid
      UNION ALL
      SELECT concat_ws(' ', 'column', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attisdropped,
        a.attgenerated) FROM pg_attribute a WHERE a.attrelid = t.relid AND a.attnum > 0
      UNION ALL
      SELECT concat_ws(' ', 'trigger', g.tgrelid, g.tgname, g.tgenabled, g.tgtype, g.tgfoid, g.tgargs, g.xmin, p.xmin)
        FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
        WHERE g.tgrelid = t.relid AND NOT g.tgisinternal
      UNION ALL
      SELECT concat_ws(' ', 'rule', r.ev_class, r.rulename, r.ev_enabled, r.xmin) FROM pg_rewrite r
        WHERE r.ev_class = t.relid
      UNION ALL
      SELECT concat_ws(' ', 'not captured', pg_current_snapshot()) WHERE t.relid = t.root AND 4 > (
        SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t.root AND g.tgenabled IN ('O', 'A')
          AND g.tgname LIKE 'holdfast\\_capture\\_%')
    ) d GROUP BY t.root
  )
  SELECT s.type, md5(string_agg(d.hash, ' ' ORDER BY d.root)) FROM replication.view_source s
  JOIN described d ON d.root = s.relation::oid GROUP BY s.type
$fn$`;

const coalescing = [
  // Days offline: keeps the newest entry of each key among those that every reader since that snapshot still
  // needs. Entries below its xmax stay, because the reader tells them apart by its list of open transactions.
  `CREATE FUNCTION replication.coalesce_changes(since pg_snapshot)
   RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $fn$
   DECLARE removed bigint;
   BEGIN
     DELETE FROM replication.change c USING (
       SELECT ctid, row_number() OVER (PARTITION BY type, id ORDER BY xid DESC) AS place
       FROM replication.change WHERE xid >= pg_snapshot_xmax(since)) newer
     WHERE newer.place > 1 AND c.ctid = newer.ctid;
     GET DIAGNOSTICS removed = ROW_COUNT;
     RETURN removed;
   END $fn$`,
];

const grants = [
  'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA replication FROM PUBLIC',
  'REVOKE ALL ON FUNCTION cloud.catalog_fingerprint() FROM PUBLIC',
  'GRANT USAGE ON SCHEMA replication, cloud TO holdfast_maintainer, holdfast_connector',
  'GRANT USAGE ON SCHEMA replication TO holdfast_app',
  'GRANT CREATE ON SCHEMA cloud TO holdfast_maintainer',
  'GRANT USAGE ON SCHEMA crm, access, audit TO holdfast_maintainer',

  // The views run with their owner's rights, so the maintainer must be able to read what they read.
  'GRANT SELECT ON ALL TABLES IN SCHEMA crm TO holdfast_maintainer',
  'ALTER DEFAULT PRIVILEGES IN SCHEMA crm GRANT SELECT ON TABLES TO holdfast_maintainer',
  'GRANT SELECT ON access.role, access.replica_login TO holdfast_maintainer',
  // What the maintainer changes is audited in the same transaction as the change.
  'GRANT SELECT, INSERT ON audit.leaf, audit.payload, audit.subject_key TO holdfast_maintainer',

  'GRANT SELECT, INSERT, DELETE ON replication.view_catalog, replication.capture_rule TO holdfast_maintainer',
  'GRANT SELECT ON replication.policy, replication.view_source TO holdfast_maintainer',
  'GRANT INSERT ON replication.policy TO holdfast_maintainer',
  'GRANT UPDATE (state, approved_by, activated_at) ON replication.policy TO holdfast_maintainer',
  'GRANT EXECUTE ON FUNCTION replication.sync_capture() TO holdfast_maintainer',

  // The server proposes and reads; it can neither activate a version nor see one row of the change log.
  'GRANT SELECT ON replication.policy, replication.view_catalog, replication.active_policy TO holdfast_app',
  'GRANT INSERT (version, yaml, hash, proposed_by, reason) ON replication.policy TO holdfast_app',

  'GRANT SELECT ON replication.change, replication.view_catalog, replication.active_policy TO holdfast_connector',
  `GRANT EXECUTE ON FUNCTION cloud.catalog_fingerprint(), replication.coalesce_changes(pg_snapshot)
     TO holdfast_connector`,
];
