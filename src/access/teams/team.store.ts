import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query, type SqlRunner } from '../../platform/database/index.js';

export interface Team {
  readonly id: string;
  readonly name: string;
  /** the team above; null at the top of the tree */
  readonly parentId: string | null;
  /** ids of the people in this very team, without those of the teams below */
  readonly members: readonly string[];
}

/** The tables of teams and managers. Rules about them stand in the service. */
@Injectable()
export class TeamStore {
  constructor(private readonly dataSource: DataSource) {}

  async list(runner: SqlRunner = this.dataSource): Promise<Team[]> {
    return query<Team>(
      runner,
      `SELECT t.id, t.name, t.parent_id AS "parentId",
         ARRAY(SELECT m.user_id::text FROM access.team_member m WHERE m.team_id = t.id ORDER BY 1) AS members
       FROM access.team t ORDER BY lower(t.name)`,
    );
  }

  /** Adds the team or brings it to what is given, members included. */
  async save(tx: SqlRunner, team: Team, by: string | null): Promise<void> {
    await query(
      tx,
      `INSERT INTO access.team (id, name, parent_id) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, parent_id = excluded.parent_id, updated_at = now()`,
      [team.id, team.name, team.parentId],
    );
    await query(tx, `DELETE FROM access.team_member WHERE team_id = $1 AND user_id <> ALL ($2::uuid[])`, [
      team.id,
      team.members,
    ]);
    await query(
      tx,
      `INSERT INTO access.team_member (team_id, user_id, created_by) SELECT $1, m, $3 FROM unnest($2::uuid[]) m
       ON CONFLICT DO NOTHING`,
      [team.id, team.members, by],
    );
  }

  async remove(tx: SqlRunner, id: string): Promise<void> {
    await query(tx, `DELETE FROM access.team WHERE id = $1`, [id]);
  }

  async managerOf(userId: string, runner: SqlRunner = this.dataSource): Promise<string | null> {
    const [row] = await query<{ id: string }>(
      runner,
      `SELECT manager_id AS id FROM access.user_manager WHERE user_id = $1`,
      [userId],
    );
    return row?.id ?? null;
  }

  async setManager(
    tx: SqlRunner,
    userId: string,
    managerId: string | null,
    by: string | null,
  ): Promise<void> {
    await query(tx, `DELETE FROM access.user_manager WHERE user_id = $1`, [userId]);
    if (managerId === null) return;
    await query(tx, `INSERT INTO access.user_manager (user_id, manager_id, created_by) VALUES ($1, $2, $3)`, [
      userId,
      managerId,
      by,
    ]);
  }

  /** ids of the person and of everybody above them */
  async reportingLine(tx: SqlRunner, userId: string): Promise<string[]> {
    const rows = await query<{ id: string }>(
      tx,
      `WITH RECURSIVE line AS (
         SELECT $1::uuid AS id
         UNION SELECT m.manager_id FROM access.user_manager m JOIN line ON m.user_id = line.id
       ) SELECT id FROM line`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  /** whose records the level `team` shows this person */
  async reach(tx: SqlRunner, userId: string): Promise<string[]> {
    const [row] = await query<{ ids: string[] }>(tx, `SELECT access.owners_in_reach($1)::text[] AS ids`, [
      userId,
    ]);
    return row?.ids ?? [];
  }

  /** those of the ids that no user has */
  async unknownUsers(tx: SqlRunner, ids: readonly string[]): Promise<Set<string>> {
    const rows = await query<{ id: string }>(
      tx,
      `SELECT id FROM unnest($1::uuid[]) id
       WHERE NOT EXISTS (SELECT 1 FROM crm."user" u WHERE u.id = id.id AND u.deleted_at IS NULL)`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
