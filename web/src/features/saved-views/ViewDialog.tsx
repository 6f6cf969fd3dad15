import { useId, useState, type SubmitEvent } from 'react';
import { currentSession } from '../../api/session.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import type { SharedWith } from './views-api.js';

interface Props {
  onSave: (choice: { name: string; sharedWith: SharedWith; isDefault: boolean }) => Promise<void>;
  onClose: () => void;
}

/** the roles that come with Holdfast, and one's own */
const usualRoles = ['administrator', 'manager', 'sales', 'service', 'readonly', 'compliance'];

function ShareChoice({
  id,
  value,
  onChange,
}: {
  id: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const { t, find } = useTexts();
  const roles = [...new Set([...usualRoles, ...currentSession().roles])];
  return (
    <select
      id={id}
      className="input"
      value={value}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    >
      <option value="nobody">{t('views.nobody')}</option>
      <option value="everyone">{t('views.everyone')}</option>
      {roles.map((role) => (
        <option key={role} value={role}>
          {t('views.role', { role: find(`roles.${role}`) ?? role })}
        </option>
      ))}
    </select>
  );
}

/** Names the view and says who else may use it. */
export function ViewDialog({ onSave, onClose }: Props) {
  const { t } = useTexts();
  const id = useId();
  const [name, setName] = useState('');
  const [share, setShare] = useState('nobody');
  const [isDefault, setDefault] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const mayShare = currentSession().may.includes('manageSettings');
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const sharedWith: SharedWith = share === 'nobody' || share === 'everyone' ? share : [share];
    try {
      await onSave({ name: name.trim(), sharedWith, isDefault });
      onClose();
    } catch (error) {
      setFailure(problemText(error, t));
    }
  };
  return (
    <Dialog title={t('views.save')} onClose={onClose}>
      <form className="dialog-body stack" id={id} onSubmit={(event) => void save(event)}>
        {failure && (
          <p className="notice bad" role="alert">
            {failure}
          </p>
        )}
        <p className="muted">{t('views.explain')}</p>
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
        {mayShare && (
          <div className="field">
            <label htmlFor={`${id}-share`}>{t('views.share')}</label>
            <ShareChoice id={`${id}-share`} value={share} onChange={setShare} />
          </div>
        )}
        <label className="check">
          <input
            type="checkbox"
            checked={isDefault}
            onChange={(event) => {
              setDefault(event.target.checked);
            }}
          />
          {t('views.makeDefault')}
        </label>
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
