import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit's leaves in a Merkle tree, and the signed checkpoints of it. A row waits in the queue from the transaction that
 * wrote it until it has a place in the tree; `audit.enter_leaves` does both ends in one statement, so that no row is
 * missed, however late its transaction commits, and none has two places.
 */
const TREE = [
  `CREATE TABLE audit.tree_queue (
    at timestamptz(3) NOT NULL,
    leaf_id uuid NOT NULL,
    PRIMARY KEY (at, leaf_id)
  )`,
  `CREATE TABLE audit.tree_leaf (
    leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0),
    leaf_id uuid NOT NULL UNIQUE,
    at timestamptz(3) NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
  )`,
  // Every eighth level: enough to prove anything from a few hundred hashes, for four thousandths of the space.
  `CREATE TABLE audit.tree_node (
    level smallint NOT NULL CHECK (level > 0 AND level % 8 = 0),
    node_index bigint NOT NULL CHECK (node_index >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, node_index)
  )`,
  // Where the connector may read it: it carries checkpoints out and must see nothing else of the audit.
  `CREATE TABLE replication.audit_checkpoint (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    made_at timestamptz(3) NOT NULL,
    note text NOT NULL
  )`,
];

const FUNCTIONS = [
  `CREATE FUNCTION audit.queue_for_tree() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      INSERT INTO audit.tree_queue (at, leaf_id) SELECT at, id FROM added;
      RETURN NULL;
    END $$`,
  `REVOKE ALL ON FUNCTION audit.queue_for_tree() FROM PUBLIC`,
  // A replica's own audit is not anchored, so its rows must not wait for ever.
  `CREATE TRIGGER queue_for_tree AFTER INSERT ON audit.leaf REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    WHEN (current_user <> 'holdfast_replica_app') EXECUTE FUNCTION audit.queue_for_tree()`,
  `CREATE FUNCTION audit.enter_leaves(first_index bigint, ids uuid[], ats timestamptz[], hashes bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE next_index bigint; taken bigint;
    BEGIN
      SELECT coalesce(max(leaf_index) + 1, 0) INTO next_index FROM audit.tree_leaf;
      IF next_index <> first_index THEN
        RAISE EXCEPTION 'the audit tree has % leaves, not %', next_index, first_index;
      END IF;
      WITH gone AS (
        DELETE FROM audit.tree_queue q USING unnest(ats, ids) AS e (at, id)
        WHERE q.at = e.at AND q.leaf_id = e.id RETURNING 1)
      SELECT count(*) INTO taken FROM gone;
      IF taken <> cardinality(ids) OR cardinality(ids) <> cardinality(hashes) THEN
        RAISE EXCEPTION '% of % audit rows wait for a place', taken, cardinality(ids);
      END IF;
      INSERT INTO audit.tree_leaf (leaf_index, leaf_id, at, hash)
      SELECT first_index + e.place - 1, e.id, e.at, e.hash
      FROM unnest(ids, ats, hashes) WITH ORDINALITY AS e (id, at, hash, place);
    END $$`,
  `REVOKE ALL ON FUNCTION audit.enter_leaves(bigint, uuid[], timestamptz[], bytea[]) FROM PUBLIC`,
  // Grants keep the programs from it already; this is for whoever works as the owner, by mistake or in a migration.
  `CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      RAISE EXCEPTION 'rows of %.% are only ever added', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
    END $$`,
  `REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC`,
  ...[
    'audit.leaf',
    'audit.payload',
    'audit.tree_leaf',
    'audit.tree_node',
    'replication.audit_checkpoint',
  ].flatMap((table) => [
    `CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION audit.refuse_change()`,
    `CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()`,
  ]),
];

const GRANTS = [
  `GRANT SELECT ON audit.tree_queue, audit.tree_leaf TO holdfast_app`,
  `GRANT SELECT, INSERT ON audit.tree_node, replication.audit_checkpoint TO holdfast_app`,
  `GRANT EXECUTE ON FUNCTION audit.enter_leaves(bigint, uuid[], timestamptz[], bytea[]) TO holdfast_app`,
  `GRANT SELECT ON replication.audit_checkpoint TO holdfast_connector`,
];

export class AnchorAudit1764300100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Waits for who is writing to the audit; from the commit on, the trigger sees every row that is not copied here.
    await runner.query('LOCK TABLE audit.leaf IN SHARE ROW EXCLUSIVE MODE');
    for (const sql of [...TREE, ...FUNCTIONS, ...GRANTS]) await runner.query(sql);
    await runner.query('INSERT INTO audit.tree_queue (at, leaf_id) SELECT at, id FROM audit.leaf');
  }

  down(): Promise<void> {
    return Promise.reject(new TypeError('the audit is never taken back: restore a backup instead'));
  }
}
