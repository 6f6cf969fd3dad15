import type { FieldMeta } from '../../../records/index.js';
import type { Generalisation, MaskName, PolicyType, Treatment } from '../document/policy.model.js';
import { literal } from './sql-text.js';

/** One row at most, and a row is never lost for want of it: without a key the field is empty. */
export const pseudonymKeyJoin = 'LEFT JOIN replication.pseudonym_key pk ON true';

export function usesPseudonyms({ fields, customFields }: PolicyType): boolean {
  return [...fields, ...customFields].some(({ treatment }) => treatment.kind === 'pseudonym');
}

/** The value as it leaves, of the column's own type, empty where the value is. */
export function treatedSql(treatment: Treatment, value: string, field: FieldMeta): string {
  switch (treatment.kind) {
    case 'include':
      return value;
    case 'omit':
      return 'NULL';
    case 'mask':
      return maskSql(treatment.mask, value, field);
    case 'pseudonym':
      return pseudonymSql(treatment.scope, value, field);
    case 'generalise':
      return generalisedSql(treatment.to, value, field);
  }
}

/** A custom value, which lies in `custom` as JSON and leaves as JSON. */
export function treatedCustomSql(treatment: Treatment, field: FieldMeta): string {
  const key = literal(field.column);
  const reader: Partial<Record<FieldMeta['kind'], string>> = {
    decimal: 'custom_decimal',
    date: 'custom_date',
  };
  const name = reader[field.kind];
  const value = name ? `crm.${name}(t.custom, ${key})` : `(t.custom ->> ${key})`;
  return `to_jsonb(${treatedSql(treatment, value, field)})`;
}

/** Never more than half of a name or number shows; its length does not. What is empty stays so under every mask. */
function maskSql(mask: MaskName, value: string, field: FieldMeta): string {
  const dots = literal('••••');
  switch (mask) {
    case 'last4': {
      const digits = field.kind === 'phone' ? `regexp_replace(${value}, '[^0-9]', '', 'g')` : value;
      return `${dots} || right(${digits}, least(4, length(${digits}) / 2))`;
    }
    case 'initial':
      return `left(${value}, least(1, length(${value}) / 2)) || ${dots}`;
    case 'domain':
      return `CASE WHEN ${value} IS NOT NULL THEN ${dots} || coalesce(substring(${value} from '@[^@]*$'), '') END`;
    case 'all':
      return `CASE WHEN ${value} IS NOT NULL THEN ${dots} END`;
  }
}

/**
 * HMAC-SHA256 with the two blocks of the key that RFC 2104 starts its hashes with, as columns of a table that only the
 * view's owner may read. The key stands in no definition and no function, so whoever may read the view can neither see
 * it nor have a value of his own turned into a pseudonym.
 */
function pseudonymSql(scope: string, value: string, field: FieldMeta): string {
  const message = `convert_to(${literal(scope)}, 'UTF8') || '\\x00'::bytea || convert_to(nullif(${normalisedSql(value, field)}, ''), 'UTF8')`;
  const digest = `sha256(pk.outer_block || sha256(pk.inner_block || ${message}))`;
  return `'p_' || left(encode(${digest}, 'hex'), 32)`;
}

/** What two spellings of the same thing have in common. Letters fold by ASCII: a database's collation may change. */
function normalisedSql(value: string, field: FieldMeta): string {
  if (field.kind === 'email') return `lower(btrim(${value}) COLLATE "C")`;
  if (field.kind === 'phone') return `regexp_replace(${value}, '[^0-9+]', '', 'g')`;
  return `btrim(${value})`;
}

function generalisedSql(to: Generalisation, value: string, field: FieldMeta): string {
  switch (to.kind) {
    case 'period':
      return field.kind === 'date'
        ? dateSql(to.period, value)
        : `date_trunc(${literal(to.period)}, ${value}, 'UTC')`;
    case 'band':
      return bandSql(to.width, value, field);
    case 'prefix':
      // Of a value that is not longer than the prefix the last character stays home: else it would go whole.
      return `left(${value}, greatest(0, least(${String(to.length)}, length(${value}) - 1)))`;
  }
}

/** PostgreSQL has dates that its timestamps have not; nobody means them, and the view must not fail on one. */
function dateSql(period: string, value: string): string {
  return `CASE WHEN ${value} BETWEEN '0001-01-01' AND '9999-12-31' THEN date_trunc(${literal(period)}, ${value}::timestamp)::date END`;
}

/** The lower bound of the band, kept within what the column can hold. */
function bandSql(width: string, value: string, field: FieldMeta): string {
  const bound = `floor(${value}::numeric / ${width}) * ${width}`;
  if (field.custom) return bound;
  const [lowest, type] =
    field.kind === 'integer' ? ['-2147483648', 'integer'] : ['-9999999999999999.9999', 'numeric(20,4)'];
  // greatest() passes over what is empty
  return `CASE WHEN ${value} IS NOT NULL THEN greatest(${bound}, ${lowest})::${type} END`;
}
