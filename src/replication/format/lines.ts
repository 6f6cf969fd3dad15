import { FormatError, malformed } from './format.errors.js';
import { array, nullable, object, objectName, sha256Hex, text, typeName, whole } from './shape.js';
import { LIMITS } from './limits.js';
import { decodeBase64, decodeUtf8, parseExactJson } from './strict-encoding.js';

/** What the rows of one type look like: its columns in the order of the row text. */
export interface TypeSchema {
  type: string;
  columns: { name: string; type: string }[];
  /** fields whose values are not the ones on the premises: `generalise month`; absent where there is none */
  treatments?: { field: string; as: string }[];
}

/** First line of part 0 of every batch. Sealed, because the digest key must not be known outside. */
export interface BatchHeader {
  /** 32 bytes in hex; one per generation */
  digestKey: string;
  policyVersion: number;
  types: TypeSchema[];
}

export type BatchLine =
  | { kind: 'header'; header: BatchHeader }
  /** `row` is a view into the line: the exact row text */
  | { kind: 'upsert'; type: string; row: Buffer }
  | { kind: 'delete'; type: string; id: string }
  /** the 32-byte data key of a sealed attachment that the manifest adds */
  | { kind: 'key'; name: string; key: Buffer };

const columnName = text(/^[a-z_][a-z0-9_]{0,62}$/, 'a column name');
const fieldName = text(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'a field name');
const treatment = text(/^[a-z][A-Za-z0-9]*( [A-Za-z0-9.]+)*$/, 'a treatment');
const headerShape = object({
  digestKey: sha256Hex,
  policyVersion: whole(0),
  types: array(
    object(
      {
        type: typeName,
        columns: array(
          object({ name: columnName, type: text(/^[a-z][a-z0-9 _(),[\]]*$/, 'a column type') }),
          2000,
          1,
        ),
      },
      { treatments: array(object({ field: fieldName, as: treatment }), 2000, 1) },
    ),
    LIMITS.maxTypes,
  ),
});
const deleteShape = object({
  tag: text(/^d$/, 'd'),
  type: typeName,
  id: text(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a UUID'),
});
const keyShape = object({
  name: objectName,
  key: text(/^[A-Za-z0-9+/]{43}=$/, 'base64 of 32 bytes'),
});
const noHeader = nullable(headerShape);

export function headerLine(header: BatchHeader): string {
  const { digestKey, policyVersion, types } = header;
  const columns = (schema: TypeSchema) => schema.columns.map(({ name, type }) => ({ name, type }));
  const exact = {
    digestKey,
    policyVersion,
    types: types.map((schema) => ({
      type: schema.type,
      columns: columns(schema),
      ...(schema.treatments && schema.treatments.length > 0
        ? { treatments: schema.treatments.map(({ field, as }) => ({ field, as })) }
        : {}),
    })),
  };
  return JSON.stringify(['h', headerShape(exact, 'header')]);
}

/** @param row the text of `row_to_json`, put in verbatim */
export function upsertLine(type: string, row: string): string {
  return `["u","${type}",${row}]`;
}

export function deleteLine(type: string, id: string): string {
  return `["d","${type}","${id}"]`;
}

/** @param name of the object under `b/` @param key its 32-byte data key */
export function keyLine(name: string, key: Buffer): string {
  return JSON.stringify(['k', name, key.toString('base64')]);
}

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/**
 * Splits a line into its parts without parsing the row, whose bytes are what gets digested and stored.
 * @throws FormatError
 */
export function parseLine(line: Buffer): BatchLine {
  const tag = line.toString('latin1', 0, 4);
  if (tag === '["u"') return parseUpsert(line);
  if (tag !== '["d"' && tag !== '["h"' && tag !== '["k"') throw malformed('line: unknown kind');
  const value = parseExactJson(line, 'line');
  if (!Array.isArray(value)) throw malformed('line: expected a list');
  const entries = value as unknown[];
  if (tag === '["h"') {
    if (entries.length !== 2) throw malformed('header line: expected two entries');
    const header = noHeader(entries[1], 'header');
    if (header === null) throw malformed('header line: empty');
    return { kind: 'header', header };
  }
  if (entries.length !== 3) throw malformed('line: expected three entries');
  if (tag === '["k"') return parseKey(entries);
  const { type, id } = deleteShape({ tag: entries[0], type: entries[1], id: entries[2] }, 'delete');
  return { kind: 'delete', type, id };
}

function parseKey(entries: readonly unknown[]): BatchLine {
  const { name, key } = keyShape({ name: entries[1], key: entries[2] }, 'key');
  return { kind: 'key', name, key: decodeBase64(key, 'key line') };
}

function parseUpsert(line: Buffer): BatchLine {
  const typeEnd = line.indexOf('",{', 6, 'latin1');
  const isWhole = typeEnd > 6 && typeEnd < 70 && line.toString('latin1', 4, 6) === ',"';
  if (!isWhole || line.at(-1) !== CLOSE_BRACKET || line.at(-2) !== CLOSE_BRACE)
    throw malformed('upsert line: malformed');
  const type = typeName(decodeUtf8(line.subarray(6, typeEnd), 'upsert'), 'upsert.type');
  const row = line.subarray(typeEnd + 2, -1);
  if (row[0] !== OPEN_BRACE) throw malformed('upsert line: malformed');
  return { kind: 'upsert', type, row };
}

/** Takes the header that part 0 must begin with. */
export function expectHeader(line: Buffer): BatchHeader {
  const parsed = parseLine(line);
  if (parsed.kind !== 'header')
    throw new FormatError('format.malformed', 'part 0 does not begin with a header line');
  return parsed.header;
}
