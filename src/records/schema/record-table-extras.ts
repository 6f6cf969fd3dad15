/**
 * What stands beside the record tables: the customer's own fields. Kept as text, because migrations carry a copy.
 *
 * The accessors give a custom value its type. They are immutable, so that an index can be built on them later:
 * a plain `(custom->>'d')::date` is not, as it hangs on the session's DateStyle.
 */
export const customFieldStatements = [
  `CREATE TABLE crm.custom_field (
    "id" uuid PRIMARY KEY,
    "created_at" timestamptz(3) NOT NULL,
    "created_by" uuid,
    "updated_at" timestamptz(3) NOT NULL,
    "updated_by" uuid,
    "version" integer NOT NULL DEFAULT 1,
    "type" text NOT NULL,
    "key" text NOT NULL CHECK ("key" ~ '^[a-z][a-zA-Z0-9]{0,39}$'),
    "label" text NOT NULL,
    "kind" text NOT NULL,
    "options" jsonb,
    "required" boolean NOT NULL DEFAULT false,
    "classification" text NOT NULL,
    "position" integer NOT NULL DEFAULT 0,
    "searchable" boolean NOT NULL DEFAULT false
  )`,
  `CREATE UNIQUE INDEX "custom_field_type_key_key" ON crm.custom_field ("type", "key")`,
  `CREATE FUNCTION crm.custom_text(custom jsonb, key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT custom ->> key $$`,
  `CREATE FUNCTION crm.custom_decimal(custom jsonb, key text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN custom ->> key ~ '^-?[0-9]{1,30}(\\.[0-9]{1,20})?$' THEN (custom ->> key)::numeric END $$`,
  `CREATE FUNCTION crm.custom_date(custom jsonb, key text) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN custom ->> key ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN make_date(
      substr(custom ->> key, 1, 4)::integer, substr(custom ->> key, 6, 2)::integer,
      substr(custom ->> key, 9, 2)::integer) END $$`,
  `CREATE FUNCTION crm.custom_boolean(custom jsonb, key text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE custom -> key WHEN 'true'::jsonb THEN true WHEN 'false'::jsonb THEN false END $$`,
  `CREATE FUNCTION crm.notify_custom_field() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
    BEGIN PERFORM pg_notify('holdfast_custom_field', ''); RETURN NULL; END $$`,
  `CREATE TRIGGER notify_custom_field AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON crm.custom_field
    FOR EACH STATEMENT EXECUTE FUNCTION crm.notify_custom_field()`,
] as const;

export const recordGrants = [
  // the connector, because who reads a view must be allowed the functions in it
  `GRANT EXECUTE ON FUNCTION crm.custom_text(jsonb, text), crm.custom_decimal(jsonb, text),
    crm.custom_date(jsonb, text), crm.custom_boolean(jsonb, text)
    TO holdfast_app, holdfast_maintainer, holdfast_connector, holdfast_replica_apply, holdfast_replica_app`,
  `GRANT USAGE ON SCHEMA crm TO holdfast_app, holdfast_maintainer, holdfast_replica_apply, holdfast_replica_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA crm TO holdfast_app, holdfast_replica_apply`,
  `GRANT SELECT ON ALL TABLES IN SCHEMA crm TO holdfast_maintainer, holdfast_replica_app`,
] as const;

/** Trigram search; the extension is trusted, so the owner of the database may make it. */
export const searchExtension = `CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public`;
