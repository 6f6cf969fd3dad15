import type { MigrationInterface, QueryRunner } from 'typeorm';

// One pass over the punctuation instead of one per character of it. The answers are the same, so indexes stay valid.
const statements = [
  `CREATE OR REPLACE FUNCTION crm.search_text(value text) RETURNS text
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
];

export class FoldTextsFaster1764000510000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new TypeError('nothing to take back: restore a backup instead'));
  }
}
