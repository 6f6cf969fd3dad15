import { useId, useState, type SubmitEvent } from 'react';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import type { SavedView } from './views-api.js';

interface Props {
  view: SavedView;
  onSave: (name: string) => Promise<void>;
  onClose: () => void;
}

/** Gives a view of one's own another name; what it shows stays as it is. */
export function RenameDialog({ view, onSave, onClose }: Props) {
  const { t } = useTexts();
  const id = useId();
  const [name, setName] = useState(view.name);
  const [failure, setFailure] = useState<string | null>(null);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await onSave(name.trim());
      onClose();
    } catch (error) {
      setFailure(problemText(error, t));
    }
  };
  return (
    <Dialog title={t('views.rename', { name: view.name })} onClose={onClose}>
      <form className="dialog-body stack" id={id} onSubmit={(event) => void save(event)}>
        {failure && (
          <p className="notice bad" role="alert">
            {failure}
          </p>
        )}
        <div className="field">
          <label htmlFor={`${id}-name`}>{t('fields.any.name')}</label>
          <input
            id={`${id}-name`}
            className="input"
            required
            maxLength={80}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        </div>
      </form>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button type="submit" form={id} look="primary" disabled={name.trim() === ''}>
          {t('action.save')}
        </Button>
      </footer>
    </Dialog>
  );
}
