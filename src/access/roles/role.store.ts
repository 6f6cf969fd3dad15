import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, type SqlRunner } from '../../platform/database/index.js';
import { builtInRoles } from './built-in-roles.js';
import type { RoleDefinition } from './role.js';

export interface StoredRole extends RoleDefinition {
  readonly id: string;
  readonly builtIn: boolean;
}

const columns = `id, key, name, permissions, flags, hidden_fields AS "hiddenFields",
  read_only_fields AS "readOnlyFields", built_in AS "builtIn"`;

@Injectable()
export class RoleStore {
  constructor(private readonly dataSource: DataSource) {}

  async list(runner: SqlRunner = this.dataSource): Promise<StoredRole[]> {
    return query<StoredRole>(runner, `SELECT ${columns} FROM access.role ORDER BY key`);
  }

  /** Roles of a person, whether or not the person is active. */
  async ofUser(runner: SqlRunner, userId: string): Promise<StoredRole[]> {
    return query<StoredRole>(
      runner,
      `SELECT ${columns} FROM access.role
       WHERE id IN (SELECT role_id FROM access.user_role WHERE user_id = $1) ORDER BY key`,
      [userId],
    );
  }

  /** Adds the role or brings it to what is given. */
  async save(tx: SqlRunner, role: StoredRole): Promise<void> {
    await query(
      tx,
      `INSERT INTO access.role (id, key, name, permissions, flags, hidden_fields, read_only_fields, built_in)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, permissions = excluded.permissions,
         flags = excluded.flags, hidden_fields = excluded.hidden_fields,
         read_only_fields = excluded.read_only_fields, updated_at = now()`,
      [
        role.id,
        role.key,
        role.name,
        JSON.stringify(role.permissions),
        role.flags,
        JSON.stringify(role.hiddenFields),
        JSON.stringify(role.readOnlyFields),
        role.builtIn,
      ],
    );
  }

  /** by a person, or by a token that acts for nobody and names its roles by key */
  async isHeld(tx: SqlRunner, id: string, key: string): Promise<boolean> {
    const [row] = await query<{ held: boolean }>(
      tx,
      `SELECT EXISTS (SELECT 1 FROM access.user_role WHERE role_id = $1)
         OR EXISTS (SELECT 1 FROM access.api_token WHERE $2 = ANY (roles) AND revoked_at IS NULL) AS held`,
      [id, key],
    );
    return row?.held ?? false;
  }

  async remove(tx: SqlRunner, id: string): Promise<void> {
    await query(tx, `DELETE FROM access.role WHERE id = $1`, [id]);
  }

  /** Inserts the built-in roles that are missing; leaves those that are there as the customer has them. */
  async ensureBuiltIn(runner: SqlRunner = this.dataSource): Promise<void> {
    for (const role of builtInRoles)
      await query(
        runner,
        `INSERT INTO access.role (id, key, name, permissions, flags, hidden_fields, read_only_fields, built_in)
         VALUES ($1, $2, $3, $4, $5, $6, $7, true) ON CONFLICT (key) DO NOTHING`,
        [
          uuidv7(),
          role.key,
          role.name,
          JSON.stringify(role.permissions),
          role.flags,
          JSON.stringify(role.hiddenFields),
          JSON.stringify(role.readOnlyFields),
        ],
      );
  }
}
