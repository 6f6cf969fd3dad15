import { Entity } from 'typeorm';
import type { FieldMeta } from './field.meta.js';
import { toColumnName } from './naming.js';
import { declareRecordType, fieldsOf } from './registry.js';
import type { CloudRole, RecordIndex, RecordTypeMeta } from './record-type.meta.js';

export interface RecordTypeOptions {
  name: string;
  plural: string;
  title: readonly string[];
  subtitle?: readonly string[];
  icon: string;
  cloud?: CloudRole;
  adminOnly?: boolean;
  uniqueTogether?: readonly (readonly string[])[];
  indexes?: readonly RecordIndex[];
  /** name of the required reference to the record that this one is a part of */
  partOf?: string;
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
      subtitle: options.subtitle ?? [],
      icon: options.icon,
      cloud: options.cloud ?? 'policy',
      adminOnly: options.adminOnly ?? false,
      uniqueTogether: options.uniqueTogether ?? [],
      indexes: options.indexes ?? [],
      ...partOf(options, fields),
      fields,
      fieldByName: new Map(fields.map((field) => [field.name, field])),
      target: target as unknown as new () => object,
    };
    declareRecordType(Object.freeze(meta));
  };
}

function partOf(options: RecordTypeOptions, fields: readonly FieldMeta[]): Pick<RecordTypeMeta, 'partOf'> {
  if (options.partOf === undefined) return {};
  const reference = fields.find(({ name }) => name === options.partOf);
  if (!reference?.target || !reference.required)
    throw new TypeError(`${options.name}.${options.partOf} is no required reference`);
  return { partOf: { type: reference.target, field: reference.name } };
}
