import { Column, type ColumnOptions } from 'typeorm';
import type { Classification, FieldKind, FieldMeta, OnDelete } from './field.meta.js';
import { toColumnName, toLabel } from './naming.js';
import { declareField } from './registry.js';

export interface FieldOptions {
  label?: string;
  required?: boolean;
  readOnly?: boolean;
  unique?: boolean;
  search?: 'A' | 'B' | 'C' | 'D';
  classification?: Classification;
  /** makes a btree index (column, id) for filter and sort */
  indexed?: boolean;
}
type TextOptions = FieldOptions & { max?: number; default?: string };
type NumberOptions = FieldOptions & { min?: number; default?: number };

/** Money and decimals stay `numeric` in PostgreSQL and strings in JavaScript: a float would lose cents. */
const columnTypes: Record<FieldKind, ColumnOptions> = {
  id: { type: 'uuid' },
  text: { type: 'text' },
  longText: { type: 'text' },
  email: { type: 'text' },
  phone: { type: 'text' },
  url: { type: 'text' },
  integer: { type: 'integer' },
  decimal: { type: 'numeric', precision: 20, scale: 4 },
  money: { type: 'numeric', precision: 20, scale: 4 },
  boolean: { type: 'boolean' },
  date: { type: 'date' },
  // milliseconds: JavaScript's Date and a cursor must carry the exact value
  dateTime: { type: 'timestamptz', precision: 3 },
  choice: { type: 'text' },
  reference: { type: 'uuid' },
  tags: { type: 'jsonb' },
};

function field(
  kind: FieldKind,
  options: FieldOptions,
  more: Partial<FieldMeta> = {},
  column: ColumnOptions = {},
): PropertyDecorator {
  return (prototype, property) => {
    const name = String(property);
    const required = options.required ?? false;
    const meta: FieldMeta = {
      name,
      column: toColumnName(name),
      kind,
      label: options.label ?? toLabel(name),
      required,
      readOnly: options.readOnly ?? false,
      classification: options.classification ?? 'internal',
      unique: options.unique ?? false,
      indexed: options.indexed ?? false,
      custom: false,
      ...(options.search ? { search: options.search } : {}),
      ...more,
    };
    declareField(prototype, Object.freeze(meta));
    Column({ ...columnTypes[kind], name: meta.column, nullable: !required, ...column })(prototype, property);
  };
}

export function TextField(options: TextOptions = {}): PropertyDecorator {
  return field('text', options, {
    max: options.max ?? 255,
    ...(options.default === undefined ? {} : { defaultValue: options.default }),
  });
}
export function LongTextField(options: TextOptions = {}): PropertyDecorator {
  return field('longText', options, { max: options.max ?? 100_000 });
}
export function EmailField(options: FieldOptions = {}): PropertyDecorator {
  return field('email', { classification: 'personal', ...options }, { max: 254 });
}
export function PhoneField(options: FieldOptions = {}): PropertyDecorator {
  return field('phone', { classification: 'personal', ...options }, { max: 40 });
}
export function UrlField(options: FieldOptions = {}): PropertyDecorator {
  return field('url', options, { max: 2000 });
}
export function IntegerField(options: NumberOptions = {}): PropertyDecorator {
  return field('integer', options, {
    ...(options.min === undefined ? {} : { min: options.min }),
    ...(options.default === undefined ? {} : { defaultValue: options.default }),
  });
}
/** An exact number; a text in JavaScript and the API. @param options.scale digits after the point, 4 where left out */
export function DecimalField(
  options: FieldOptions & { min?: number; scale?: number; default?: string } = {},
): PropertyDecorator {
  const scale = options.scale ?? 4;
  const more = {
    scale,
    ...(options.min === undefined ? {} : { min: options.min }),
    ...(options.default === undefined ? {} : { defaultValue: options.default }),
  };
  return field('decimal', options, more, { precision: 20, scale });
}
export function BooleanField(options: FieldOptions & { default?: boolean } = {}): PropertyDecorator {
  return field('boolean', options, options.default === undefined ? {} : { defaultValue: options.default });
}
export function DateField(options: FieldOptions = {}): PropertyDecorator {
  return field('date', options);
}
export function DateTimeField(options: FieldOptions = {}): PropertyDecorator {
  return field('dateTime', options);
}
export function ChoiceField(
  options: FieldOptions & { options: readonly string[]; default?: string },
): PropertyDecorator {
  return field('choice', options, {
    options: options.options,
    ...(options.default === undefined ? {} : { defaultValue: options.default }),
  });
}

/** Free labels that people give a record; one per type at most, always called `tags`. */
export function TagsField(options: FieldOptions = {}): PropertyDecorator {
  return field('tags', { ...options, indexed: false }, { max: 50 });
}

/** An amount with its currency: two columns, `amount` and `amount_currency`; `{ amount, currency }` in the API. */
export function MoneyField(options: FieldOptions & { min?: number } = {}): PropertyDecorator {
  return (prototype, property) => {
    const currencyColumn = `${toColumnName(String(property))}_currency`;
    const currencyProperty = `${String(property)}Currency`;
    field('money', options, {
      currencyColumn,
      scale: 4,
      ...(options.min === undefined ? {} : { min: options.min }),
    })(prototype, property);
    Column({ name: currencyColumn, type: 'char', length: 3, nullable: !options.required })(
      prototype,
      currencyProperty,
    );
  };
}

export interface ReferenceOptions extends FieldOptions {
  onDelete?: OnDelete;
}

/** A link to another record by id; the type is named, not imported, so that record types never import each other. */
export function ReferenceField(target: string, options: ReferenceOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const relation = String(property).replace(/Id$/, '');
    field(
      'reference',
      { indexed: true, ...options },
      { target, relation, onDelete: options.onDelete ?? 'detach' },
    )(prototype, property);
  };
}

/** Columns that the engine itself fills: ids, times, versions. */
export function SystemField(
  kind: FieldKind,
  options: FieldOptions & { target?: string; relation?: string; column?: ColumnOptions } = {},
): PropertyDecorator {
  return (prototype, property) => {
    const relation = options.target
      ? { target: options.target, relation: options.relation ?? String(property).replace(/Id$/, '') }
      : {};
    field(
      kind,
      { classification: 'public', readOnly: true, ...options },
      relation,
      options.column ?? {},
    )(prototype, property);
  };
}
