import { useId, useState } from 'react';
import { request } from '../../api/http.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { useSettings } from '../settings/use-settings.js';
import { mostTags, useTagSuggestions, type Tag } from './use-tags.js';

/** A tag goes for good, or another one comes in its place on every record. */
export function RemoveTag({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const { t } = useTexts();
  const id = useId();
  const attempt = useSettings();
  const [into, setInto] = useState('');
  const others = useTagSuggestions('', true, mostTags).filter((other) => other.id !== tag.id);
  const remove = async () => {
    const path = `/tags/${tag.id}${into ? `?into=${encodeURIComponent(into)}` : ''}`;
    if (await attempt(() => request(path, { method: 'DELETE' }))) onClose();
  };
  return (
    <Dialog title={t('tags.delete', { name: tag.name })} onClose={onClose}>
      <div className="dialog-body stack">
        <p>{t('tags.deleteHint')}</p>
        <div className="field">
          <label className="label" htmlFor={id}>
            {t('tags.replaceBy')}
          </label>
          <select
            id={id}
            className="input"
            value={into}
            onChange={(event) => {
              setInto(event.target.value);
            }}
          >
            <option value="">{t('tags.nothing')}</option>
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {other.name}
              </option>
            ))}
          </select>
        </div>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button className="danger" onClick={() => void remove()}>
          {t(into ? 'tags.merge' : 'action.delete')}
        </Button>
      </footer>
    </Dialog>
  );
}
