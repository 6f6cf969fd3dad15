import { useId, useState } from 'react';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { useSettings } from '../settings/use-settings.js';
import { confirmBrake, type Brake } from './cloud-api.js';
import { useTypeName } from './use-type-name.js';

/** Lets out what is shown here. The counts are those of the moment when it was opened: what comes later is not meant. */
export function ConfirmDeletes({ brake, onClose }: { brake: Brake; onClose: () => void }) {
  const { t } = useTexts();
  const format = useFormats();
  const typeName = useTypeName();
  const attempt = useSettings();
  const id = useId();
  const [seen] = useState(brake);
  const [reason, setReason] = useState('');
  const confirm = async () => {
    if (await attempt(() => confirmBrake(seen, reason.trim()))) onClose();
  };
  const total = Object.values(seen.deletes).reduce((sum, count) => sum + count, 0);
  return (
    <Dialog title={t('cloud.brake.title')} onClose={onClose}>
      <div className="dialog-body stack">
        <p>{t('cloud.brake.effect')}</p>
        <ul className="stack">
          {Object.entries(seen.deletes).map(([type, count]) => (
            <li key={type}>
              <b>{typeName(type)}</b> {format.number(count)}
              <div className="muted small">
                {seen.samples[type]?.join(', ')}
                {count > (seen.samples[type]?.length ?? 0) && ' …'}
              </div>
            </li>
          ))}
        </ul>
        <p>{t('cloud.brake.undo')}</p>
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
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button className="danger" onClick={() => void confirm()}>
          {t('cloud.brake.confirm', { count: total })}
        </Button>
      </footer>
    </Dialog>
  );
}
