import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import type { ReplicaLag } from './replica-lags-api.js';

/** What the charts show, as numbers: the newest step first. */
export function ReplicaLagTable({ replicas }: { replicas: readonly ReplicaLag[] }) {
  const { t } = useTexts();
  const format = useFormats();
  const columns = replicas.map(({ name, points }) => ({
    name,
    lagAt: new Map(points.map(({ at, lagMs }) => [at, lagMs])),
  }));
  const times = [...new Set(replicas.flatMap(({ points }) => points.map(({ at }) => at)))].sort().reverse();
  return (
    <details className="lag-table">
      <summary>{t('cloud.lags.table')}</summary>
      <div className="lag-table-box" tabIndex={0} role="region" aria-label={t('cloud.lags.title')}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('cloud.lags.time')}</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {times.map((at) => (
              <tr key={at}>
                <th scope="row">{format.time(at)}</th>
                {columns.map(({ name, lagAt }) => {
                  const lagMs = lagAt.get(at);
                  return (
                    <td key={name} className="number">
                      {lagMs === undefined ? '–' : format.duration(lagMs)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
