import { asText, type CrmRecord } from '../../api/types.js';
import { useTexts } from '../../i18n/texts.js';

/** The usual sectors have a name in every language; others are shown as they were written. */
export function AccountSector({ record }: { record: CrmRecord }) {
  const { find } = useTexts();
  const sector = asText(record['sector']);
  return <>{find(`values.${sector}`) ?? sector}</>;
}
