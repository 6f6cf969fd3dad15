import { Entity } from 'typeorm';
import { toColumnName } from './naming.js';
import { declareRecordType, fieldsOf } from './registry.js';
import type { CloudRole, RecordTypeMeta } from './record-type.meta.js';

export interface RecordTypeOptions {
  name: string;
  plural: string;
  title: readonly string[];
  icon: string;
  cloud?: CloudRole;
  adminOnly?: boolean;
  uniqueTogether?: readonly (readonly string[])[];
}

/** Declares a class as a record type: its table, REST path, title and part in replication. */
export function RecordType(options: RecordTypeOptions): ClassDecorator {
  return (target) => {
    const table = toColumnName(options.name);
    Entity({ schema: 'crm', name: table })(target);
    const fields = fieldsOf(target.prototype as object);
    const meta: RecordTypeMeta = {
      name: options.name,
      plural: options.plural,
      table: `crm."${table}"`,
      title: options.title,
      icon: options.icon,
      cloud: options.cloud ?? 'policy',
      adminOnly: options.adminOnly ?? false,
      uniqueTogether: options.uniqueTogether ?? [],
      fields,
      fieldByName: new Map(fields.map((field) => [field.name, field])),
      target: target as unknown as new () => object,
    };
    declareRecordType(Object.freeze(meta));
  };
}
