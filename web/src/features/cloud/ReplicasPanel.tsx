import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import type { CloudStatus } from './cloud-api.js';

export function ReplicasPanel({ status }: { status: CloudStatus }) {
  const { t } = useTexts();
  const format = useFormats();
  const replicas = status.replicas ?? [];
  return (
    <section className="card panel-pad">
      <h2>{t('cloud.replicas')}</h2>
      {replicas.length === 0 && <p className="muted">{t('cloud.noReplicas')}</p>}
      <ul className="replicas">
        {replicas.map((replica) => (
          <li key={replica.name}>
            <div className="row">
              <b className="grow ellipsis">{replica.name}</b>
              <span>{replica.lagMs === null ? '–' : format.duration(replica.lagMs)}</span>
            </div>
            <p className="muted small">
              {t('cloud.at', { generation: replica.generation, n: replica.n })}
              {replica.appliedAt && (
                <>
                  {' · '}
                  <When value={replica.appliedAt} />
                </>
              )}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
