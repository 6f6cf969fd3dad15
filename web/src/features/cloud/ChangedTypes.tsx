import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import type { PublishedBatch } from './publications-api.js';
import { useTypeName } from './use-type-name.js';

/** How many rows of each type a batch wrote and took away. */
export function ChangedTypes({ types }: Pick<PublishedBatch, 'types'>) {
  const { t } = useTexts();
  const format = useFormats();
  const typeName = useTypeName();
  if (types.length === 0) return <span className="muted">{t('cloud.left.noRows')}</span>;
  return (
    <span className="field-list">
      {types.map(({ type, upserts, deletes }) => (
        <span key={type} className="badge">
          {typeName(type)}
          {upserts > 0 && <>&nbsp;+{format.number(upserts)}</>}
          {deletes > 0 && <>&nbsp;−{format.number(deletes)}</>}
        </span>
      ))}
    </span>
  );
}
