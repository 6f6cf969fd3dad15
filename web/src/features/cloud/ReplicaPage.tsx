import { Icon } from '../../design/Icon.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../../records/Failure.js';
import { When } from '../../records/values/When.js';
import { Figure } from './Figure.js';
import { useReplicaStatus, type ReplicaStatus } from './cloud-api.js';
import { useTypeName } from './use-type-name.js';

function Standing({ status }: { status: ReplicaStatus }) {
  const { t, find } = useTexts();
  const format = useFormats();
  const { lastError } = status;
  return (
    <section className="card panel-pad stack">
      <header className="row">
        <h2>{t('cloud.copy')}</h2>
        <span className={`badge ${status.stale ? 'warn' : 'good'}`}>
          {t(status.stale ? 'cloud.stale' : 'cloud.fresh')}
        </span>
      </header>
      {lastError && (
        <p className="notice bad" role="alert">
          <Icon name="warning" />
          <span>
            {find(`cloud.errors.${lastError.code}`) ?? lastError.message} <When value={lastError.at} />
          </span>
        </p>
      )}
      <dl className="figures">
        <Figure label={t('cloud.lag')}>
          <span className="figure-big">{status.lagMs === null ? '–' : format.duration(status.lagMs)}</span>
        </Figure>
        <Figure label={t('cloud.asOf')}>{status.asOf ? format.exact(status.asOf) : '–'}</Figure>
        <Figure label={t('cloud.generation')}>{status.generation ?? '–'}</Figure>
        <Figure label={t('cloud.batch')}>{status.n === null ? '–' : format.number(status.n)}</Figure>
        <Figure label={t('cloud.policyVersion')}>{status.policy?.version ?? '–'}</Figure>
      </dl>
    </section>
  );
}

/** On a replica: how fresh the copy is and what is in it. What stayed home is not known here. */
export function ReplicaPage() {
  const { t, find } = useTexts();
  const format = useFormats();
  const typeName = useTypeName();
  const { data: status, error } = useReplicaStatus();
  if (error && !status) return <Failure error={error} />;
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('cloud.title')}</h1>
      </div>
      {status ? (
        <>
          <Standing status={status} />
          <section className="card">
            <h2 className="panel-pad">{t('cloud.inCopy')}</h2>
            <ul className="versions">
              {status.types
                .filter(({ type }) => find(`types.${type}.many`))
                .map(({ type, count }) => (
                  <li key={type} className="row">
                    <span className="grow">{typeName(type)}</span>
                    <span>{format.number(count)}</span>
                  </li>
                ))}
            </ul>
          </section>
        </>
      ) : (
        <div className="card panel-pad cloud-loading" aria-busy="true">
          <Skeleton width="40%" />
        </div>
      )}
    </div>
  );
}
