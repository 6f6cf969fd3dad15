import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import type { PolicyWarning } from './cloud-api.js';

interface Props {
  warnings: readonly PolicyWarning[];
  onClose: () => void;
  /** goes on with these read */
  onAcknowledge: (codes: string[]) => void;
}

/** What a policy would do that is more often a slip than a wish, to be read before it goes on. */
export function Acknowledge({ warnings, onClose, onAcknowledge }: Props) {
  const { t, find } = useTexts();
  return (
    <Dialog title={t('cloud.acknowledge.title')} onClose={onClose}>
      <div className="dialog-body stack">
        {warnings.map(({ code, cause, effect, action }) => (
          <section key={code} className="notice bad">
            <div className="stack">
              <b>{find(`cloud.acknowledge.${code}`) ?? code}</b>
              <span>{cause}</span>
              <span>{effect}</span>
              <span>{action}</span>
            </div>
          </section>
        ))}
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button
          className="danger"
          onClick={() => {
            onAcknowledge(warnings.map(({ code }) => code));
          }}
        >
          {t('cloud.acknowledge.go')}
        </Button>
      </footer>
    </Dialog>
  );
}
