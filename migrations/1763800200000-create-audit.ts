import type { MigrationInterface, QueryRunner } from 'typeorm';

// The leaf says who did what to which record and is what gets hashed and sealed; the payload (old and new values)
// stands apart, encrypted under the key of its subject, so that erasing a person leaves every proof intact.
const statements = [
  `CREATE TABLE audit.leaf (
    id uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    on_behalf_of uuid,
    ip inet,
    origin text,
    request_id text NOT NULL,
    reason text,
    action text NOT NULL,
    type text NOT NULL,
    record_id uuid,
    field_names text[] NOT NULL DEFAULT '{}',
    commitment bytea,
    PRIMARY KEY (at, id)
  ) PARTITION BY RANGE (at)`,
  `CREATE TABLE audit.leaf_rest PARTITION OF audit.leaf DEFAULT`,
  `CREATE INDEX leaf_record_idx ON audit.leaf (type, record_id, at DESC, id DESC)`,
  `CREATE INDEX leaf_actor_idx ON audit.leaf (actor_id, at DESC)`,
  `CREATE TABLE audit.subject_key (
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    kek_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz(3) NOT NULL,
    PRIMARY KEY (subject_type, subject_id)
  )`,
  `CREATE TABLE audit.payload (
    leaf_id uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    ciphertext bytea NOT NULL,
    PRIMARY KEY (at, leaf_id)
  ) PARTITION BY RANGE (at)`,
  `CREATE TABLE audit.payload_rest PARTITION OF audit.payload DEFAULT`,
  `CREATE INDEX payload_subject_idx ON audit.payload (subject_type, subject_id)`,
  // Months that have no partition go to "rest", so a forgotten month costs speed and never an entry.
  `CREATE FUNCTION audit.create_partitions(first_month date, months integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    DECLARE month date; parent text; child text;
    BEGIN
      FOR i IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_month) + make_interval(months => i))::date;
        FOREACH parent IN ARRAY ARRAY['leaf', 'payload'] LOOP
          child := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
          IF to_regclass(format('audit.%I', child)) IS NULL THEN
            EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.%I FOR VALUES FROM (%L) TO (%L)',
              child, parent, month::timestamp AT TIME ZONE 'UTC',
              (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
          END IF;
        END LOOP;
      END LOOP;
    END $$`,
  `REVOKE ALL ON FUNCTION audit.create_partitions(date, integer) FROM PUBLIC`,
  `SELECT audit.create_partitions((now() AT TIME ZONE 'UTC')::date, 24)`,
  `GRANT EXECUTE ON FUNCTION audit.create_partitions(date, integer) TO holdfast_maintainer`,
  // Through the parents only: nobody but the owner may touch a partition by its own name.
  `GRANT USAGE ON SCHEMA audit TO holdfast_app, holdfast_maintainer, holdfast_replica_app`,
  `GRANT SELECT, INSERT ON audit.leaf, audit.payload, audit.subject_key TO holdfast_app, holdfast_replica_app`,
];

export class CreateAudit1763800200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new TypeError('the audit is never taken back: restore a backup instead'));
  }
}
