import { useState } from 'react';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { MoreButton } from './MoreButton.js';
import { ReplicaLagFigure } from './ReplicaLagFigure.js';
import { ReplicaLagTable } from './ReplicaLagTable.js';
import { lagScale, worstOf } from './lag-scale.js';
import { lagWindows, useReplicaLags, type LagWindow, type ReplicaLag } from './replica-lags-api.js';
import type { CloudStatus } from './cloud-api.js';

/** More than these are easier found by name. */
const few = 8;

/** How far behind each replica was: the one that was furthest behind comes first. */
export function ReplicaLagsPanel({ status }: { status: CloudStatus }) {
  const { t } = useTexts();
  const format = useFormats();
  const [chosen, setChosen] = useState<LagWindow>('hour');
  const [wanted, setWanted] = useState('');
  const lags = useReplicaLags(chosen);
  const [window] = lags.data?.pages ?? [];
  const all = lags.data?.pages.flatMap(({ data }) => data) ?? [];
  const replicas = all
    .filter(({ name }) => name.includes(wanted.trim().toLowerCase()))
    .sort((a, b) => worstOf(b) - worstOf(a) || a.name.localeCompare(b.name));
  if (window && all.length === 0) return null;
  return (
    <section className="card panel-pad stack" aria-busy={!window}>
      <header className="row wrap">
        <h2>{t('cloud.lags.title')}</h2>
        <span className="muted small grow">
          {window && t('cloud.lags.since', { time: format.time(window.from) })}
        </span>
        {all.length > few && (
          <input
            className="input dense lag-find"
            type="search"
            aria-label={t('cloud.lags.find')}
            placeholder={t('cloud.lags.find')}
            value={wanted}
            onChange={(event) => {
              setWanted(event.target.value);
            }}
          />
        )}
        <WindowChoice chosen={chosen} onChoose={setChosen} />
      </header>
      {lags.error && !window && <p className="notice bad">{problemText(lags.error, t)}</p>}
      {!window && !lags.error && <Skeleton width="100%" height={120} />}
      {window && <Charts {...{ window, replicas, all, status }} />}
      <MoreButton pages={lags} label={t('cloud.lags.more')} />
    </section>
  );
}

interface ChartsProps {
  window: { from: string; stepMs: number; steps: number };
  replicas: readonly ReplicaLag[];
  all: readonly ReplicaLag[];
  status: CloudStatus;
}

function Charts({ window, replicas, all, status }: ChartsProps) {
  const { t } = useTexts();
  const scale = lagScale(all);
  const nowOf = new Map(status.replicas?.map(({ name, lagMs }) => [name, lagMs]));
  return (
    <>
      <ul className="replica-lags">
        {replicas.map((replica) => (
          <li key={replica.name}>
            <ReplicaLagFigure {...{ replica, window, scale }} nowMs={nowOf.get(replica.name) ?? null} />
          </li>
        ))}
      </ul>
      <p className="muted small">{t('cloud.lags.hint')}</p>
      <ReplicaLagTable replicas={replicas} />
    </>
  );
}

function WindowChoice({ chosen, onChoose }: { chosen: LagWindow; onChoose: (window: LagWindow) => void }) {
  const { t } = useTexts();
  return (
    <div className="row segments" role="group" aria-label={t('cloud.lags.period')}>
      {lagWindows.map((window) => (
        <button
          key={window}
          type="button"
          className={`button ${window === chosen ? 'active' : ''}`}
          aria-pressed={window === chosen}
          onClick={() => {
            onChoose(window);
          }}
        >
          {t(`cloud.lags.windows.${window}`)}
        </button>
      ))}
    </div>
  );
}
