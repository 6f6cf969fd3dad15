import { findRecordType, kinds, type Parsed } from '../../records/index.js';

/**
 * A text as a field would store it (an address in small letters, letters composed, a number without zeros in front), so
 * that it is found again. Texts of different spelling that mean one value are one key.
 */
export function storedText(
  typeName: string,
  fieldName: string,
  text: string,
): { text: string } | { wrong: string } {
  const field = findRecordType(typeName)?.fieldByName.get(fieldName);
  if (!field) return { text };
  const parsed: Parsed = kinds[field.kind].parse(field.kind === 'integer' ? Number(text) : text, field);
  if ('wrong' in parsed) return { wrong: parsed.wrong };
  return parsed.value === null ? { wrong: 'must not be empty' } : { text: asText(parsed.value) };
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
