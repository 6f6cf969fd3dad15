import { useId, useState } from 'react';
import { request } from '../../api/http.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { useSettings } from '../settings/use-settings.js';

/** Holds the connector with a word on why, or lets it go on. */
export function HoldButton({ isPaused }: { isPaused: boolean }) {
  const { t } = useTexts();
  const id = useId();
  const attempt = useSettings();
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const ask = (verb: 'pause' | 'resume') =>
    attempt(() =>
      request(`/cloud/${verb}`, {
        method: 'POST',
        body: reason.trim() === '' ? {} : { reason: reason.trim() },
      }),
    );
  if (isPaused) return <Button onClick={() => void ask('resume')}>{t('cloud.resume')}</Button>;
  const pause = async () => {
    if (!(await ask('pause'))) return;
    setAsking(false);
    setReason('');
  };
  return (
    <>
      <Button
        onClick={() => {
          setAsking(true);
        }}
      >
        {t('cloud.pause')}
      </Button>
      {isAsking && (
        <Dialog
          title={t('cloud.pauseTitle')}
          onClose={() => {
            setAsking(false);
          }}
        >
          <div className="dialog-body stack">
            <p>{t('cloud.pauseHint')}</p>
            <div className="field">
              <label className="label" htmlFor={id}>
                {t('cloud.pauseReason')}
              </label>
              <input
                id={id}
                className="input"
                maxLength={2000}
                value={reason}
                onChange={(event) => {
                  setReason(event.target.value);
                }}
              />
            </div>
          </div>
          <footer className="dialog-foot">
            <Button
              onClick={() => {
                setAsking(false);
              }}
            >
              {t('action.cancel')}
            </Button>
            <Button look="primary" onClick={() => void pause()}>
              {t('cloud.pause')}
            </Button>
          </footer>
        </Dialog>
      )}
    </>
  );
}
