import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  `CREATE TABLE access.team (
    id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
    parent_id uuid REFERENCES access.team (id) ON DELETE RESTRICT
  )`,
  `CREATE UNIQUE INDEX team_name_unique ON access.team (lower(name))`,
  `CREATE INDEX team_parent ON access.team (parent_id)`,
  `CREATE TABLE access.team_member (
    team_id uuid NOT NULL REFERENCES access.team (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES crm."user" (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (team_id, user_id)
  )`,
  `CREATE INDEX team_member_user ON access.team_member (user_id)`,
  `CREATE TABLE access.user_manager (
    user_id uuid PRIMARY KEY REFERENCES crm."user" (id) ON DELETE CASCADE,
    manager_id uuid NOT NULL REFERENCES crm."user" (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    CONSTRAINT user_manager_is_another CHECK (user_id <> manager_id)
  )`,
  `CREATE INDEX user_manager_manager ON access.user_manager (manager_id)`,
  // UNION rather than UNION ALL: were there ever a ring of teams or managers, this still ends.
  `CREATE FUNCTION access.owners_in_reach(person uuid) RETURNS uuid[]
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
    WITH RECURSIVE team AS (
      SELECT m.team_id FROM access.team_member m WHERE m.user_id = person
      UNION SELECT t.id FROM access.team t JOIN team ON t.parent_id = team.team_id
    ), report AS (
      SELECT m.user_id FROM access.user_manager m WHERE m.manager_id = person
      UNION SELECT m.user_id FROM access.user_manager m JOIN report ON m.manager_id = report.user_id
    ), reached AS (
      SELECT person AS id
      UNION SELECT m.user_id FROM access.team_member m JOIN team USING (team_id)
      UNION SELECT user_id FROM report
    )
    SELECT array_agg(id ORDER BY id) FROM reached $$`,
  `COMMENT ON FUNCTION access.owners_in_reach IS
    'whose records the level team covers: the person, members of their teams and of the teams below, and their reports'`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON access.team, access.team_member, access.user_manager TO holdfast_app`,
  `GRANT EXECUTE ON FUNCTION access.owners_in_reach TO holdfast_app`,
];

/** Teams in a tree, who is in them, and who manages whom. */
export class CreateTeams1765000100000 implements MigrationInterface {
  name = 'CreateTeams1765000100000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION access.owners_in_reach');
    for (const table of ['user_manager', 'team_member', 'team'])
      await runner.query(`DROP TABLE access.${table}`);
  }
}
