import './erasing.css';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { request } from '../../api/http.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { forgetRecord } from '../../records/seen-records.js';
import { titleOf } from '../../records/title.js';
import { toast } from '../../shell/toast-list.js';
import { forgetVisit } from '../search/recent-records.js';

const longestReason = 500;

interface Wish {
  reason: string;
  urgent: boolean;
}

/** Erases, leaves the page of what is gone, and takes its name out of what this browser remembers. */
function useErase(type: RecordType, record: CrmRecord): (wish: Wish) => Promise<void> {
  const { t } = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (wish) => {
    try {
      await request('/erasures', { method: 'POST', body: { type: type.name, id: record.id, ...wish } });
    } catch (error) {
      toast(problemText(error, t));
      return;
    }
    // nothing may show it once more: neither the list from before, nor the way back, nor what was opened last
    client.removeQueries({ type: 'inactive' });
    await navigate(`/${type.plural}`);
    forgetVisit(record.id);
    forgetRecord(record.id);
    client.removeQueries({ predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(record.id) });
    await client.invalidateQueries();
    // without the name: nothing should say it again
    toast(t('erase.done'));
  };
}

interface Props {
  type: RecordType;
  record: CrmRecord;
  onClose: () => void;
}

/** Asks once more, since nothing brings back what is erased. */
export default function EraseDialog({ type, record, onClose }: Props) {
  const { t } = useTexts();
  const id = useId();
  const erase = useErase(type, record);
  const [wish, setWish] = useState<Wish>({ reason: '', urgent: false });
  const [isBusy, setBusy] = useState(false);
  const reason = wish.reason.trim();
  return (
    <Dialog title={t('erase.title', { name: titleOf(type, record) })} onClose={onClose}>
      <div className="dialog-body stack">
        <p className="notice bad">{t('erase.warning')}</p>
        {(['goes', 'stays'] as const).map((part) => (
          <section key={part} className="erase-lists">
            <h3>{t(`erase.${part}`)}</h3>
            <ul>
              {(['first', 'second', 'third'] as const).map((line) => (
                <li key={line}>{t(`erase.${part}Lines.${line}`)}</li>
              ))}
            </ul>
          </section>
        ))}
        <div className="field">
          <label className="label" htmlFor={id}>
            {t('erase.reason')}
          </label>
          <input
            id={id}
            className="input"
            required
            maxLength={longestReason}
            aria-describedby={`${id}-hint`}
            value={wish.reason}
            onChange={(event) => {
              setWish({ ...wish, reason: event.target.value });
            }}
          />
          <span id={`${id}-hint`} className="muted small">
            {t('erase.reasonHint')}
          </span>
        </div>
        <label className="check">
          <input
            type="checkbox"
            checked={wish.urgent}
            onChange={(event) => {
              setWish({ ...wish, urgent: event.target.checked });
            }}
          />
          {t('erase.urgent')}
        </label>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button
          className="danger"
          icon="trash"
          disabled={reason === '' || isBusy}
          onClick={() => {
            setBusy(true);
            void erase({ ...wish, reason }).finally(() => {
              setBusy(false);
            });
          }}
        >
          {t('erase.go')}
        </Button>
      </footer>
    </Dialog>
  );
}
