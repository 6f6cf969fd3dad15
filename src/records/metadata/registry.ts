import type { FieldMeta } from './field.meta.js';
import type { RecordTypeMeta } from './record-type.meta.js';

// Decorators run while classes load, before any injector exists, so what they declare is kept per class here.
const declaredFields = new WeakMap<object, FieldMeta[]>();
const typesByName = new Map<string, RecordTypeMeta>();
const typesByPlural = new Map<string, RecordTypeMeta>();

export function declareField(prototype: object, field: FieldMeta): void {
  const own = declaredFields.get(prototype) ?? [];
  own.push(field);
  declaredFields.set(prototype, own);
}

/** Fields of a class and of the classes it extends, the base class first. */
export function fieldsOf(prototype: object): FieldMeta[] {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  const inherited = parent && parent !== Object.prototype ? fieldsOf(parent) : [];
  return [...inherited, ...(declaredFields.get(prototype) ?? [])];
}

export function declareRecordType(meta: RecordTypeMeta): void {
  const taken = typesByName.get(meta.name) ?? typesByPlural.get(meta.plural);
  if (taken && taken.target !== meta.target)
    throw new TypeError(`record type ${meta.name} is declared twice`);
  typesByName.set(meta.name, meta);
  typesByPlural.set(meta.plural, meta);
}

/** The record types that the loaded modules declared, in order of declaration. */
export function recordTypes(): readonly RecordTypeMeta[] {
  return [...typesByName.values()];
}

export function findRecordType(name: string): RecordTypeMeta | undefined {
  return typesByName.get(name);
}

export function findRecordTypeByPlural(plural: string): RecordTypeMeta | undefined {
  return typesByPlural.get(plural);
}
