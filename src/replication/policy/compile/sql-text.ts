import type { RecordTypeMeta } from '../../../records/index.js';

/** Names come from metadata only, never from a person; they are quoted all the same. */
export { escapeIdentifier as identifier } from 'pg';

/** A view's definition takes no parameters, so values stand in it as literals. A NUL cannot reach this place. */
export function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** `crm."case"` → `crm.case`: what the catalogue of views calls it. */
export function plainTableName(type: RecordTypeMeta): string {
  return type.table.replaceAll('"', '');
}
