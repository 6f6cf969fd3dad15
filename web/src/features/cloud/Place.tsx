import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import type { PublicationPlace } from './publications-api.js';

/** When something left, with which batch and under which policy. */
export function Place({ place }: { place: PublicationPlace }) {
  const { t } = useTexts();
  return (
    <>
      <span>{place.publishedAt ? <When value={place.publishedAt} /> : t('cloud.left.longAgo')}</span>
      <span className="muted small">
        {t('cloud.at', { generation: place.generation, n: place.n })}
        {place.policyVersion !== null &&
          ` · ${t('cloud.left.policyVersion', { version: place.policyVersion })}`}
      </span>
    </>
  );
}
