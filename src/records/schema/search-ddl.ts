import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { customWordsSql, titleKeys, wordsSql } from '../search/search-columns.js';

/**
 * What search compares, as immutable functions, so that indexes can be built on them. The extension unaccent is not
 * used: its rules are a file that an upgrade of PostgreSQL or an administrator changes, and an index built under the
 * old rules would then be wrong without a word. Unicode's own decomposition of a letter never changes.
 */
export const searchFunctions = [
  `CREATE FUNCTION crm.search_text(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $$
    DECLARE folded text;
    BEGIN
      IF octet_length(value) = char_length(value) THEN
        folded := lower(value COLLATE "C");
      ELSE
        folded := regexp_replace(lower(normalize(value, NFD) COLLATE "und-x-icu"), '[\\u0300-\\u036f]', '', 'g');
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := translate(folded, 'øđðłıħς', 'oddlihσ');
      END IF;
      RETURN ltrim(regexp_replace(folded COLLATE "C", '[ !-/:-@[-\`{-~]+', ' ', 'g'), ' ');
    END $$`,
  // Forwards for a number typed from its beginning, backwards for one typed without its country's prefix.
  `CREATE FUNCTION crm.phone_words(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10 AS $$
    SELECT ltrim(regexp_replace(value, '[^0-9]', '', 'g'), '0')
      || ' r' || reverse(ltrim(regexp_replace(value, '[^0-9]', '', 'g'), '0')) $$`,
  `CREATE FUNCTION crm.custom_words(custom jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 50 AS $$
    SELECT coalesce(string_agg(value #>> '{}', ' '), '') FROM jsonb_each(custom) WHERE jsonb_typeof(value) = 'string' $$`,
  `GRANT EXECUTE ON FUNCTION crm.search_text(text), crm.phone_words(text), crm.custom_words(jsonb)
    TO holdfast_app, holdfast_maintainer, holdfast_replica_apply, holdfast_replica_app`,
] as const;

/** The indexes of one type's search: words anywhere in it, words of the customer's own fields, and the title's start. */
export function searchIndexes(type: RecordTypeMeta, name: string): string[] {
  const words = wordsSql(type.fields, '');
  if (words === null) return [];
  return [
    `CREATE INDEX "${name}_words_idx" ON ${type.table} USING gin (${words})`,
    `CREATE INDEX "${name}_custom_words_idx" ON ${type.table} USING gin (${customWordsSql('')}) WHERE "custom" <> '{}'::jsonb`,
    ...titleKeys(type).map(
      ({ suffix, sql }) =>
        `CREATE INDEX "${name}_${suffix}_idx" ON ${type.table} ((${sql('')}) COLLATE "C") WHERE "deleted_at" IS NULL`,
    ),
  ];
}
