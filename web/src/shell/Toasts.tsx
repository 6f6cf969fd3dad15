import { useStored } from '../api/store.js';
import { Button } from '../design/Button.js';
import { useTexts } from '../i18n/texts.js';
import { dismissToast, toastList } from './toast-list.js';

export function Toasts() {
  const { t } = useTexts();
  const toasts = useStored(toastList);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text, action }) => (
        <div key={id} className="toast">
          <span className="grow">{text}</span>
          {action && (
            <Button
              onClick={() => {
                dismissToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button
            icon="close"
            className="icon-only"
            aria-label={t('action.close')}
            onClick={() => {
              dismissToast(id);
            }}
          />
        </div>
      ))}
    </div>
  );
}
