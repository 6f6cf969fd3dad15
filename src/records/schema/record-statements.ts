import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { attachmentStatements } from './attachment-table.js';
import { customFieldStatements, recordGrants, searchExtension } from './record-table-extras.js';
import { searchFunctions } from './search-ddl.js';
import { socialTables } from './social-tables.js';
import { recordTableDdl } from './table-ddl.js';

/** Everything that stands in the schema `crm`, in the order in which it can be made. */
export function recordStatements(types: readonly RecordTypeMeta[]): string[] {
  return [
    searchExtension,
    ...searchFunctions,
    ...recordTableDdl(types),
    ...customFieldStatements,
    ...attachmentStatements,
    ...socialTables,
    ...recordGrants,
  ];
}
