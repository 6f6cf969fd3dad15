import type { FieldMeta } from '../metadata/field.meta.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { kinds } from '../kinds/index.js';
import type { Projection } from './projection.js';

/** The recycle bin's own mark; people see it as being in the bin or not. */
const internalFields: ReadonlySet<string> = new Set(['deletedAt']);

/**
 * A record type as one principal may know it: declared and custom fields without the hidden ones. A field that is
 * not in here does not exist for the caller, whether he reads, filters, sorts, searches or writes.
 */
export class TypeView {
  readonly fields: readonly FieldMeta[];
  readonly custom: readonly FieldMeta[];
  private readonly byPath: ReadonlyMap<string, FieldMeta>;
  private readonly byRelation: ReadonlyMap<string, FieldMeta>;
  /** compiled select lists by what was asked for */
  readonly projections = new Map<string, Projection>();

  constructor(
    readonly type: RecordTypeMeta,
    customFields: readonly FieldMeta[],
    readonly hidden: ReadonlySet<string>,
    /** on a replica every column may be NULL, as the policy may leave out any field */
    readonly isRelaxed: boolean,
  ) {
    this.fields = type.fields.filter(({ name }) => !hidden.has(name) && !internalFields.has(name));
    this.custom = customFields.filter(({ name }) => !hidden.has(name));
    this.byPath = new Map([...this.fields, ...this.custom].map((field) => [field.name, field]));
    this.byRelation = new Map(
      this.fields.flatMap((field) => (field.relation ? [[field.relation, field] as const] : [])),
    );
  }

  /** by path: `closeDate`, `custom.product` */
  field(path: string): FieldMeta | undefined {
    return this.byPath.get(path);
  }

  /** the reference field behind a relation name: `account` → `accountId` */
  relation(name: string): FieldMeta | undefined {
    return this.byRelation.get(name);
  }

  paths(): string[] {
    return [...this.byPath.keys()];
  }

  relations(): string[] {
    return [...this.byRelation.keys()];
  }

  isNullable(field: FieldMeta): boolean {
    if (field.custom) return true;
    return !field.required || (this.isRelaxed && !alwaysThere.has(field.name));
  }
}

const alwaysThere: ReadonlySet<string> = new Set(['id', 'createdAt', 'updatedAt', 'version']);

/** SQL of a field's value in the row `alias`. Custom keys are checked against their pattern when they are defined. */
export function fieldSql(field: FieldMeta, alias: string): string {
  if (!field.custom) return `${alias}."${field.column}"`;
  return `${kinds[field.kind].customAccessor ?? 'crm.custom_text'}(${alias}."custom", '${field.column}')`;
}
