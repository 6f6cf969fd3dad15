export * from './metadata/field.meta.js';
export * from './metadata/record-type.meta.js';
export * from './metadata/record-type.decorator.js';
export * from './metadata/field.decorators.js';
export * from './metadata/naming.js';
export { CrmRecord } from './crm-record.js';
export { findRecordType, findRecordTypeByPlural, recordTypes } from './metadata/registry.js';
