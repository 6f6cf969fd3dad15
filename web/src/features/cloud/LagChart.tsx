import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';

const width = 320;
const height = 72;
const smallestTopMs = 2000;

/** The lag since the page was opened: enough to see whether it is steady, rising or falling. */
export function LagChart({ lags }: { lags: number[] }) {
  const { t } = useTexts();
  const format = useFormats();
  const top = Math.max(smallestTopMs, ...lags);
  const step = width / Math.max(30, lags.length - 1);
  const point = (lag: number, index: number) =>
    `${(index * step).toFixed(1)},${(height - (lag / top) * (height - 4)).toFixed(1)}`;
  const label = t('cloud.chart', { top: format.duration(Math.max(0, ...lags)) });
  return (
    <figure className="lag-chart">
      <svg
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        role="img"
        aria-label={label}
        preserveAspectRatio="none"
      >
        <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} className="lag-axis" />
        <line x1="0" x2={width} y1="4" y2="4" className="lag-axis" />
        <polyline points={lags.map(point).join(' ')} className="lag-line" />
      </svg>
      <figcaption className="row muted small">
        <span className="grow">{t('cloud.chartCaption')}</span>
        <span>{t('cloud.chartTop', { top: format.duration(top) })}</span>
      </figcaption>
    </figure>
  );
}
