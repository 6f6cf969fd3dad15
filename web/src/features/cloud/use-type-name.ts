import { useRecordTypes } from '../../api/record-types.js';
import { useTexts } from '../../i18n/texts.js';

/** Name of a record type in the reader's language. */
export function useTypeName(): (type: string) => string {
  const { find } = useTexts();
  const types = useRecordTypes();
  return (type) => find(`types.${type}.many`) ?? types.find((each) => each.name === type)?.label ?? type;
}
