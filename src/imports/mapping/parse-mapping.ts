import { isSeq, type Node } from 'yaml';
import { classifications, customKinds, findRecordType, recordTypes } from '../../records/index.js';
import { encodings } from '../csv/strict-decoder.js';
import { dateForms } from './dates.js';
import { InvalidMapping } from './mapping.errors.js';
import { join, MappingReader } from './mapping.reader.js';
import { columnsOf, type CustomFieldRule, type FieldRule, type LookupRule, type Mapping } from './mapping.js';

const topKeys = [
  'type',
  'label',
  'format',
  'key',
  'onExisting',
  'distinct',
  'customFields',
  'fields',
  'ignore',
] as const;
const ruleKeys = [
  'from',
  'join',
  'with',
  'template',
  'constant',
  'fallback',
  'empty',
  'values',
  'date',
  'currency',
  'lookup',
] as const;

/**
 * Reads a mapping file and checks it against the record types.
 * @param text YAML, see docs/import.md
 * @throws InvalidMapping with every problem found, each with its path and line
 */
export function parseMapping(text: string): Mapping {
  const reader = new MappingReader(text);
  const top = reader.map(reader.root, '', topKeys);
  const type = reader.text(top.get('type'), 'type');
  if (type === undefined) reader.fail('type', 'is missing; it names the record type to import into');
  else if (!findRecordType(type))
    reader.fail(
      'type',
      `is not a record type; there are ${recordTypes()
        .map(({ name }) => name)
        .join(', ')}`,
      top.get('type'),
    );
  const customFields = readCustomFields(reader, top.get('customFields'));
  const distinct = reader.text(top.get('distinct'), 'distinct');
  const mapping: Mapping = {
    type: type ?? '',
    label: reader.text(top.get('label'), 'label') ?? type ?? '',
    format: readFormat(reader, top.get('format')),
    key: reader.text(top.get('key'), 'key') ?? 'externalId',
    onExisting: reader.oneOf(top.get('onExisting'), 'onExisting', ['update', 'skip'], 'update'),
    ...(distinct === undefined ? {} : { distinct }),
    customFields,
    fields: readFields(reader, top.get('fields')),
    ignore: reader.texts(top.get('ignore'), 'ignore'),
  };
  checkAgainstType(reader, mapping);
  if (reader.problems.length > 0) throw new InvalidMapping(reader.problems);
  return mapping;
}

function readFormat(reader: MappingReader, node: Node | null | undefined): Mapping['format'] {
  const entries = reader.map(node, 'format', ['delimiter', 'encoding', 'shortRows']);
  const delimiter = reader.text(entries.get('delimiter'), 'format.delimiter') ?? ',';
  if (delimiter.length !== 1)
    reader.fail('format.delimiter', 'should be one character', entries.get('delimiter'));
  return {
    delimiter,
    encoding: reader.oneOf(entries.get('encoding'), 'format.encoding', encodings, 'utf-8'),
    shortRows: reader.oneOf(entries.get('shortRows'), 'format.shortRows', ['refuse', 'fill'], 'refuse'),
  };
}

function readCustomFields(reader: MappingReader, node: Node | null | undefined): CustomFieldRule[] {
  if (node === undefined || node === null) return [];
  if (!isSeq(node)) {
    reader.fail('customFields', 'should be a list', node);
    return [];
  }
  return node.items.map((item, index) => {
    const path = `customFields[${index}]`;
    const entries = reader.map(item as Node, path, ['key', 'label', 'kind', 'options', 'classification']);
    const key = reader.text(entries.get('key'), join(path, 'key')) ?? '';
    if (key === '') reader.fail(join(path, 'key'), 'is missing', item as Node);
    return {
      key,
      label: reader.text(entries.get('label'), join(path, 'label')) ?? key,
      kind: reader.oneOf(entries.get('kind'), join(path, 'kind'), customKinds, 'text'),
      options: reader.texts(entries.get('options'), join(path, 'options')),
      classification: reader.oneOf(
        entries.get('classification'),
        join(path, 'classification'),
        classifications,
        'internal',
      ),
    };
  });
}

function readFields(reader: MappingReader, node: Node | null | undefined): FieldRule[] {
  const entries = reader.map(node, 'fields');
  if (entries.size === 0) reader.fail('fields', 'is missing; it says which field takes which column');
  return [...entries].map(([field, rule]) => readRule(reader, field, rule));
}

function readRule(reader: MappingReader, field: string, node: Node | null): FieldRule {
  const path = join('fields', field);
  const entries = reader.map(node, path, ruleKeys);
  const sources = (['from', 'join', 'template', 'constant'] as const).filter((key) => entries.has(key));
  if (sources.length !== 1)
    reader.fail(path, 'should have exactly one of from, join, template, constant', node);
  const optional = (key: 'from' | 'template' | 'constant' | 'currency'): Partial<FieldRule> => {
    const value = reader.text(entries.get(key), join(path, key));
    return value === undefined ? {} : { [key]: value };
  };
  const lookup = readLookup(reader, entries.get('lookup'), join(path, 'lookup'));
  return {
    field,
    ...optional('from'),
    ...optional('template'),
    ...optional('constant'),
    ...optional('currency'),
    ...(entries.has('join') ? { join: reader.texts(entries.get('join'), join(path, 'join')) } : {}),
    with: reader.text(entries.get('with'), join(path, 'with')) ?? ' ',
    fallback: reader.texts(entries.get('fallback'), join(path, 'fallback')),
    empty: reader.texts(entries.get('empty'), join(path, 'empty')),
    values: reader.textMap(entries.get('values'), join(path, 'values')),
    date: readDates(reader, entries.get('date'), join(path, 'date')),
    ...(lookup ? { lookup } : {}),
  };
}

function readDates(reader: MappingReader, node: Node | null | undefined, path: string): string[] {
  const forms = reader.texts(node, path);
  for (const form of forms) {
    if (!dateForms.includes(form))
      reader.fail(path, `"${form}" is no known date form; known are ${dateForms.join(', ')}`, node);
  }
  return forms;
}

function readLookup(
  reader: MappingReader,
  node: Node | null | undefined,
  path: string,
): LookupRule | undefined {
  if (node === undefined || node === null) return undefined;
  const entries = reader.map(node, path, ['type', 'by', 'where', 'defer']);
  const type = reader.text(entries.get('type'), join(path, 'type')) ?? '';
  const by = reader.text(entries.get('by'), join(path, 'by')) ?? 'externalId';
  const where = reader.textMap(entries.get('where'), join(path, 'where'));
  const meta = findRecordType(type);
  if (!meta) reader.fail(join(path, 'type'), 'should be the name of a record type', node);
  for (const name of [by, ...Object.keys(where)]) {
    if (meta && !meta.fieldByName.has(name)) reader.fail(path, `${type} has no field "${name}"`, node);
  }
  return { type, by, where, defer: reader.flag(entries.get('defer'), join(path, 'defer')) };
}

function checkAgainstType(reader: MappingReader, mapping: Mapping): void {
  const type = findRecordType(mapping.type);
  if (!type) return;
  const own = new Set(mapping.customFields.map(({ key }) => `custom.${key}`));
  for (const { field, lookup } of mapping.fields) {
    if (field.startsWith('custom.')) {
      if (!own.has(field) && mapping.customFields.length > 0)
        reader.fail(`fields.${field}`, 'is not among customFields');
      continue;
    }
    const meta = type.fieldByName.get(field);
    if (!meta) reader.fail(`fields.${field}`, `${type.name} has no such field`);
    else if (meta.readOnly) reader.fail(`fields.${field}`, 'is set by Holdfast and cannot be imported');
    else if (lookup && meta.target !== lookup.type)
      reader.fail(
        `fields.${field}.lookup.type`,
        `should be ${meta.target ?? 'absent: the field is no reference'}`,
      );
  }
  if (!mapping.fields.some(({ field }) => field === mapping.key))
    reader.fail('key', `"${mapping.key}" should be one of the mapped fields`);
  const both = mapping.ignore.filter((column) => columnsOf(mapping).has(column));
  if (both.length > 0) reader.fail('ignore', `"${both[0] ?? ''}" is also used by a field`);
}
