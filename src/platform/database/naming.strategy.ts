import { createHash } from 'node:crypto';
import { DefaultNamingStrategy, type NamingStrategyInterface, type Table } from 'typeorm';

const maxIdentifierBytes = 63;

/** snake_case columns, and constraint names that an administrator recognises in an error message. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override tableName(className: string, givenName: string | undefined): string {
    return givenName ?? toSnake(className);
  }
  override columnName(property: string, givenName: string | undefined, prefixes: string[]): string {
    return [...prefixes.map(toSnake), givenName ?? toSnake(property)].join('_');
  }
  override primaryKeyName(table: Table | string): string {
    return identifier([tableOf(table)], 'pkey');
  }
  override uniqueConstraintName(table: Table | string, columns: string[]): string {
    return identifier([tableOf(table), ...columns], 'key');
  }
  override indexName(table: Table | string, columns: string[]): string {
    return identifier([tableOf(table), ...columns], 'idx');
  }
  override foreignKeyName(table: Table | string, columns: string[]): string {
    return identifier([tableOf(table), ...columns], 'fkey');
  }
}

function toSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

function tableOf(table: Table | string): string {
  const path = typeof table === 'string' ? table : table.name;
  return path.slice(path.lastIndexOf('.') + 1);
}

/** PostgreSQL cuts long names silently, and two that were cut alike would collide: a digest keeps them apart. */
function identifier(parts: string[], suffix: string): string {
  const name = [...parts, suffix].join('_');
  if (Buffer.byteLength(name) <= maxIdentifierBytes) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${parts.join('_').slice(0, maxIdentifierBytes - suffix.length - 10)}_${digest}_${suffix}`;
}
