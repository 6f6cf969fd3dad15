import { useRecordTypes } from '../../api/record-types.js';
import { useTexts } from '../../i18n/texts.js';

/** What leaves besides the types that have pages of their own. */
const otherTypes = ['attachment', 'custom_field', 'role', 'replica_login'];

/** Name of a type in the reader's language; unlike on the pages of records, no two are called the same. */
export function useTypeName(): (type: string) => string {
  const { find } = useTexts();
  const types = useRecordTypes();
  return (type) =>
    find(`cloud.typeNames.${type}`) ??
    find(`types.${type}.many`) ??
    types.find((each) => each.name === type)?.label ??
    type;
}

/** Every type whose rows can leave. */
export function useLeavingTypes(): string[] {
  return [...useRecordTypes().map(({ name }) => name), ...otherTypes];
}
