import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import type { Erasure } from './erasures-api.js';

const looks: Record<Erasure['state'], string> = {
  waiting: 'warn',
  rewriting: 'info',
  purging: 'info',
  receipted: 'info',
  acknowledged: 'good',
};

function Row({ erasure }: { erasure: Erasure }) {
  const { t, find } = useTexts();
  const { subject, state, erased, generation } = erasure;
  const counts = Object.entries(erased).map(
    ([type, count]) => find(`types.${type}.count`, { count, total: count }) ?? `${type}: ${String(count)}`,
  );
  const isNotAlone = counts.length > 1 || Object.values(erased).some((count) => count > 1);
  return (
    <li className="erasure">
      <div className="row wrap">
        <b>{find(`types.${subject.type}.one`) ?? subject.type}</b>
        <code className="small wrap-lines">{subject.id}</code>
        <span className={`badge ${looks[state]}`}>{t(`cloud.erasures.states.${state}`)}</span>
        {erasure.urgent && <span className="badge">{t('cloud.erasures.urgent')}</span>}
      </div>
      <p>
        {t(`cloud.erasures.means.${state}`)}
        {generation !== null && ` ${t('cloud.erasures.receiptOf', { generation })}`}
      </p>
      <p className="muted small">
        <When value={erasure.requestedAt} /> · {erasure.reason}
        {isNotAlone && ` · ${t('cloud.erasures.went', { what: counts.join(', ') })}`}
      </p>
    </li>
  );
}

/** Newest first; each with how far its traces have left. */
export function ErasureList({ erasures }: { erasures: readonly Erasure[] }) {
  return (
    <ul className="ledger">
      {erasures.map((erasure) => (
        <Row key={erasure.id} erasure={erasure} />
      ))}
    </ul>
  );
}
