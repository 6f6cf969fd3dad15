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
