import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = [
  `CREATE TABLE access.role (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    key text NOT NULL CONSTRAINT role_key_unique UNIQUE CHECK (key ~ '^[a-z][a-z0-9-]{0,62}$'),
    name text NOT NULL,
    permissions jsonb NOT NULL DEFAULT '{}',
    flags text[] NOT NULL DEFAULT '{}',
    hidden_fields jsonb NOT NULL DEFAULT '{}',
    read_only_fields jsonb NOT NULL DEFAULT '{}',
    built_in boolean NOT NULL DEFAULT false
  )`,
  `CREATE TABLE access.user_role (
    user_id uuid NOT NULL REFERENCES crm."user" (id) ON DELETE CASCADE,
    role_id uuid NOT NULL REFERENCES access.role (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (user_id, role_id)
  )`,
  `CREATE INDEX user_role_role ON access.user_role (role_id)`,
  `CREATE TABLE access.credential (
    user_id uuid PRIMARY KEY REFERENCES crm."user" (id) ON DELETE CASCADE,
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    changed_at timestamptz NOT NULL DEFAULT now(),
    must_change boolean NOT NULL DEFAULT false
  )`,
  // What a replica needs to let a person in. e-mail and roles are copies kept by the triggers below, so that
  // the row can travel as it stands and the replica needs neither user_role nor the e-mail column of users.
  `CREATE TABLE access.replica_login (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL CONSTRAINT replica_login_user_unique UNIQUE REFERENCES crm."user" (id) ON DELETE CASCADE,
    email text NOT NULL,
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    roles text[] NOT NULL DEFAULT '{}'
  )`,
  `CREATE INDEX replica_login_email ON access.replica_login (lower(email))`,
  `CREATE TABLE access.session (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL CONSTRAINT session_token_unique UNIQUE CHECK (length(token_hash) = 32),
    user_id uuid NOT NULL REFERENCES crm."user" (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    login_stamp bytea NOT NULL,
    ip inet,
    user_agent text
  )`,
  `COMMENT ON COLUMN access.session.expires_at IS 'absolute end; the idle limit is counted from last_seen_at'`,
  `COMMENT ON COLUMN access.session.login_stamp IS
    'SHA-256 of the replica password hash it was opened with: a new replica password ends the session when it arrives'`,
  `CREATE INDEX session_user_id ON access.session (user_id)`,
  `CREATE TABLE access.api_token (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    token_hash bytea NOT NULL CONSTRAINT api_token_hash_unique UNIQUE CHECK (length(token_hash) = 32),
    user_id uuid REFERENCES crm."user" (id) ON DELETE CASCADE,
    roles text[],
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_token_acts_as_somebody CHECK (user_id IS NOT NULL OR roles IS NOT NULL)
  )`,
  `CREATE INDEX api_token_user ON access.api_token (user_id)`,
  // Keys are hashes: the table must not become a list of who tried to sign in from where.
  `CREATE TABLE access.sign_in_attempt (
    key bytea PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
  )`,
  `CREATE INDEX sign_in_attempt_last ON access.sign_in_attempt (last_at)`,
];

// Triggers rather than service code: an import, the command line and psql must not leave a copy behind.
const replicaLoginCopies = [
  `CREATE FUNCTION access.copy_roles_to_replica_login() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    DECLARE person uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
    BEGIN
      UPDATE access.replica_login l SET updated_at = now(), roles = ARRAY(
        SELECT r.key FROM access.user_role ur JOIN access.role r ON r.id = ur.role_id
        WHERE ur.user_id = person ORDER BY r.key)
      WHERE l.user_id = person;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER copy_roles_to_replica_login AFTER INSERT OR DELETE ON access.user_role
    FOR EACH ROW EXECUTE FUNCTION access.copy_roles_to_replica_login()`,
  `CREATE FUNCTION access.copy_email_to_replica_login() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
    BEGIN
      UPDATE access.replica_login l SET updated_at = now(), email = NEW.email
      WHERE l.user_id = NEW.id AND l.email IS DISTINCT FROM NEW.email;
      RETURN NULL;
    END $$`,
  // On a replica the e-mail column of users stays empty, so the copy that travelled is left alone there.
  `CREATE TRIGGER copy_email_to_replica_login AFTER UPDATE OF email ON crm."user"
    FOR EACH ROW WHEN (NEW.email IS NOT NULL AND NEW.email IS DISTINCT FROM OLD.email)
    EXECUTE FUNCTION access.copy_email_to_replica_login()`,
];

const grants = [
  `GRANT USAGE ON SCHEMA access TO holdfast_app, holdfast_replica_app, holdfast_replica_apply`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON access.role, access.user_role, access.credential,
    access.replica_login, access.session, access.api_token, access.sign_in_attempt TO holdfast_app`,
  // The server of a replica may keep sessions and count attempts; logins, roles and tokens it can only read.
  `GRANT SELECT ON access.role, access.replica_login, access.api_token TO holdfast_replica_app`,
  `GRANT UPDATE (last_used_at) ON access.api_token TO holdfast_replica_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON access.session, access.sign_in_attempt TO holdfast_replica_app`,
  `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON access.role, access.replica_login TO holdfast_replica_apply`,
  // Tokens of a replica are local to it and made by its command line, which connects as the applying role.
  `GRANT SELECT, INSERT, UPDATE ON access.api_token TO holdfast_replica_apply`,
];

/** Sign-in, sessions, roles and tokens. Secrets are stored as hashes only. */
export class CreateAccess1763800300000 implements MigrationInterface {
  name = 'CreateAccess1763800300000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...replicaLoginCopies, ...grants]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER copy_email_to_replica_login ON crm."user"`);
    for (const table of [
      'sign_in_attempt',
      'api_token',
      'session',
      'replica_login',
      'credential',
      'user_role',
      'role',
    ])
      await runner.query(`DROP TABLE access.${table} CASCADE`);
    await runner.query(`DROP FUNCTION access.copy_roles_to_replica_login()`);
    await runner.query(`DROP FUNCTION access.copy_email_to_replica_login()`);
  }
}
