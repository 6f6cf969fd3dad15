import { useEffect, useRef, useState } from 'react';
import { currentSession } from '../../api/session.js';
import { Icon } from '../../design/Icon.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { BrakeNotice } from './BrakeNotice.js';
import { Figure } from './Figure.js';
import { HoldButton } from './HoldButton.js';
import { LagChart } from './LagChart.js';
import { OpenTransactions } from './OpenTransactions.js';
import type { CloudStatus } from './cloud-api.js';

const keptPoints = 150;

/** The lags seen since this page was opened, the oldest first. */
function useLags(lagMs: number | null): number[] {
  const [lags, setLags] = useState<number[]>([]);
  const latest = useRef(lagMs);
  latest.current = lagMs;
  useEffect(() => {
    const sample = () => {
      const value = latest.current;
      if (value !== null) setLags((known) => [...known, value].slice(1 - keptPoints));
    };
    sample();
    const timer = setInterval(sample, 2000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return lags;
}

type Standing = 'off' | 'paused' | 'silent' | 'failing' | 'held' | 'running';
/** The connector reports every few seconds; longer silence means that none runs. */
const silentMs = 60_000;

function standingOf(status: CloudStatus): Standing {
  if (!status.enabled) return 'off';
  if (status.paused) return 'paused';
  const isSilent = status.seenAt !== null && Date.now() - Date.parse(status.seenAt) > silentMs;
  if (isSilent || status.connector === 'stopped') return 'silent';
  if (status.connector === 'failing' || status.lastError) return 'failing';
  return status.brake ? 'held' : 'running';
}

const looks: Record<Standing, string> = {
  off: '',
  paused: 'warn',
  silent: 'bad',
  failing: 'bad',
  held: 'bad',
  running: 'good',
};

export function ConnectorPanel({ status }: { status: CloudStatus }) {
  const { t, find } = useTexts();
  const format = useFormats();
  const lags = useLags(status.lagMs);
  const standing = standingOf(status);
  const { lastError } = status;
  return (
    <section className="card panel-pad">
      <header className="row">
        <h2>{t('cloud.connector')}</h2>
        <span className={`badge ${looks[standing]}`}>{t(`cloud.states.${standing}`)}</span>
        {status.enabled && currentSession().may.includes('manageCloud') && (
          <HoldButton isPaused={status.paused} />
        )}
      </header>
      {status.brake && <BrakeNotice brake={status.brake} />}
      <OpenTransactions open={status.openTransactions ?? []} />
      {lastError && (
        <p className="notice bad" role="alert">
          <Icon name="warning" />
          <span>
            {find(`cloud.errors.${lastError.code}`) ?? lastError.message} <When value={lastError.at} />
          </span>
        </p>
      )}
      <div className="connector">
        <dl className="figures">
          <Figure label={t('cloud.lag')}>
            <span className="figure-big">{status.lagMs === null ? '–' : format.duration(status.lagMs)}</span>
          </Figure>
          <Figure label={t('cloud.published')}>
            {status.publishedAt ? <When value={status.publishedAt} /> : '–'}
          </Figure>
          <Figure label={t('cloud.generation')}>{status.generation ?? '–'}</Figure>
          <Figure label={t('cloud.batch')}>{status.n === null ? '–' : format.number(status.n)}</Figure>
          <Figure label={t('cloud.backlog')}>{t('cloud.changes', { count: status.backlog })}</Figure>
          <Figure label={t('cloud.spool')}>{format.bytes(status.spoolBytes)}</Figure>
        </dl>
        <LagChart lags={lags} />
      </div>
    </section>
  );
}
