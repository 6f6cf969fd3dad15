export * from './metadata/field.meta.js';
export * from './metadata/record-type.meta.js';
export * from './metadata/record-type.decorator.js';
export * from './metadata/field.decorators.js';
export * from './metadata/naming.js';
export { CrmRecord } from './crm-record.js';
export { findRecordType, recordTypes } from './metadata/registry.js';
export * from './ports/index.js';
export {
  currencyDigits,
  filterOps,
  isUuid,
  kinds,
  toMoney,
  tagName,
  type FieldKindRules,
  type FilterOp,
  type JsonSchema,
  type Money,
  type Parsed,
} from './kinds/index.js';
export { RecordsModule, type RecordsOptions } from './records.module.js';
export { RecordService } from './record.service.js';
export type { Derived } from './record-deriver.service.js';
export type { RecordPage } from './record-reader.service.js';
export type { CreateManyResult, WriteOptions } from './record-writer.service.js';
export { maxLimit, parseListQuery, textsOf, type GetQuery, type ListQuery } from './query/list-query.js';
export { parsePageQuery, type PageQuery } from './query/page-query.js';
export { cursorAt } from './query/cursor.js';
export { QueryProblems } from './query/query-problems.js';
export { CustomFields } from './custom-fields/custom-fields.service.js';
export { CustomFieldRegistry } from './custom-fields/custom-field-registry.service.js';
export type { CustomFieldDefinition } from './custom-fields/custom-field.definition.js';
export { GlobalSearch } from './search/global-search.service.js';
export type { SearchHit } from './search/describe-hits.js';
export { TypeViews, recordTypeOf } from './view/type-views.service.js';
export type { TypeView } from './view/type-view.js';
export { ReadOnlyGuard } from './http/read-only.guard.js';
export { entityTag, expectedVersion } from './http/entity-tag.js';
export { typeOfPath } from './http/records.controller.js';
export type { FieldDescription, TypeDescription } from './http/type-description.js';
export { recordStatements } from './schema/record-statements.js';
