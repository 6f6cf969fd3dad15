import { useRecordTypes } from '../../api/record-types.js';
import { useTexts } from '../../i18n/texts.js';
import { treatmentText } from '../../records/values/treatment.js';
import type { RecordPublication } from './publications-api.js';

/** The columns that a record left with the last time; those that left in another form say which. */
export function PublishedFields({ type, found }: { type: string; found: RecordPublication }) {
  const { t, find } = useTexts();
  const known = useRecordTypes().find(({ name }) => name === type)?.fields ?? [];
  const nameOf = (column: string) => {
    if (column === 'custom') return t('cloud.typeNames.custom_field');
    const field = known.find(({ name }) => name === column || name === camel(column));
    const name = field?.name ?? column;
    return find(`fields.${type}.${name}`) ?? find(`fields.any.${name}`) ?? field?.label ?? column;
  };
  const formOf = new Map(found.treatments.map(({ field, as }) => [field, as]));
  return (
    <div>
      <p className="muted small">{t('cloud.left.fields')}</p>
      <span className="field-list">
        {found.columns.map((column) => {
          const as = formOf.get(column) ?? formOf.get(camel(column));
          return (
            <span key={column} className={`badge ${as === undefined ? '' : 'warn'}`}>
              {nameOf(column)}
              {as !== undefined && <>&nbsp;({treatmentText(as, t)})</>}
            </span>
          );
        })}
      </span>
    </div>
  );
}

/** `first_name`, as the table calls it → `firstName`, as the API does. */
const camel = (column: string) => column.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase());
