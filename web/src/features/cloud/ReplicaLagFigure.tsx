import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { linePath, worstPointOf, type LagScale } from './lag-scale.js';
import type { ReplicaLag, ReplicaLags } from './replica-lags-api.js';

interface Props {
  replica: ReplicaLag;
  window: Pick<ReplicaLags, 'from' | 'stepMs' | 'steps'>;
  scale: LagScale;
  /** null: not known */
  nowMs: number | null;
}

/** One of many small charts with one scale: the lag of one replica. */
export function ReplicaLagFigure({ replica, window, scale, nowMs }: Props) {
  const { t } = useTexts();
  const format = useFormats();
  const worst = worstPointOf(replica);
  const now = nowMs === null ? '–' : format.duration(nowMs);
  const values = {
    name: replica.name,
    now,
    worst: worst ? format.duration(worst.lagMs) : '–',
    time: worst ? format.time(worst.at) : '–',
  };
  return (
    <figure className="replica-lag">
      <figcaption className="row">
        <b className="grow ellipsis" title={replica.name}>
          {replica.name}
        </b>
        <span className="muted small">
          {worst ? t('cloud.lags.worst', { worst: values.worst }) : t('cloud.lags.nothing')}
        </span>
        <span>{now}</span>
      </figcaption>
      <div className="replica-lag-box">
        {scale.marks.map(({ lagMs, height }) => (
          <span
            key={lagMs}
            className="lag-mark"
            style={{ bottom: `${String(height * 100)}%` }}
            aria-hidden="true"
          >
            {format.duration(lagMs)}
          </span>
        ))}
        <svg
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          role="img"
          aria-label={t('cloud.lags.chart', values)}
        >
          {scale.marks.map(({ lagMs, height }) => (
            <line
              key={lagMs}
              x1="0"
              x2="100"
              y1={100 - height * 100}
              y2={100 - height * 100}
              className="lag-axis"
            />
          ))}
          <line x1="0" x2="100" y1="100" y2="100" className="lag-axis" />
          <path d={linePath(replica, window, scale)} className="lag-line" />
        </svg>
      </div>
    </figure>
  );
}
