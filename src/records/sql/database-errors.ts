import { Conflict, DomainError } from '../../platform/errors/index.js';
import { recordTypes } from '../metadata/registry.js';

/** A list took longer than the server allows; another index or a narrower filter helps, a retry rarely does. */
export class NeedsIndex extends DomainError {
  constructor(cause: unknown) {
    super('needs_index', 503, 'warn', {
      detail:
        'This filter or sort takes too long without an index. Narrow it, sort by an indexed field, ' +
        'or ask an administrator for an index on it.',
      cause,
    });
  }
}

interface PostgresError {
  code?: unknown;
  constraint?: unknown;
  driverError?: unknown;
}

/** What the caller may know of an error of PostgreSQL; anything else is passed on as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (typeof error !== 'object' || error === null || error instanceof DomainError) return error;
  const outer = error as PostgresError;
  const { code, constraint } = (outer.driverError ?? outer) as PostgresError;
  if (code === '57014') return new NeedsIndex(error);
  if (code === '23505') return duplicate(String(constraint), error);
  if (code === '23503')
    return new Conflict('reference_in_use', {
      detail: 'Another record points here, or the record pointed to is gone.',
      cause: error,
    });
  return error;
}

function duplicate(constraint: string, cause: unknown): Conflict {
  const path = uniqueFieldOf(constraint);
  return new Conflict('duplicate', {
    detail: 'Another record has this value already.',
    ...(path ? { errors: [{ path, message: 'is taken by another record' }] } : {}),
    cause,
  });
}

/** `user_email_key` → `email` */
function uniqueFieldOf(constraint: string): string | undefined {
  for (const type of recordTypes()) {
    const table = type.table.replace(/^crm\."(.*)"$/, '$1');
    const field = type.fields.find((candidate) => constraint === `${table}_${candidate.column}_key`);
    if (field) return field.name;
    const group = type.uniqueTogether.find(
      (names) =>
        constraint ===
        `${table}_${names.map((name) => type.fieldByName.get(name)?.column ?? name).join('_')}_key`,
    );
    if (group) return group.at(-1);
  }
  return undefined;
}
