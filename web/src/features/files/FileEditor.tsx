import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type SubmitEvent } from 'react';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { toast } from '../../shell/toast-list.js';
import { changeFile, listLabels, type Attachment, type Place } from './files-api.js';
import { filesKey } from './use-uploads.js';

/** The labels that this installation knows, with the file's own should it be another one. */
function useLabelNames(own: string | null): string[] {
  const { data = [] } = useQuery({
    queryKey: ['attachment-labels'],
    queryFn: ({ signal }) => listLabels(signal),
    staleTime: 5 * 60_000,
    retry: false,
  });
  return own !== null && !data.includes(own) ? [own, ...data] : data;
}

interface Props {
  file: Attachment;
  place: Place;
  onClose: () => void;
}

/** Renames a file and gives it the label by which the cloud policy may choose it. */
export function FileEditor({ file, place, onClose }: Props) {
  const { t, find } = useTexts();
  const labels = useLabelNames(file.label);
  const id = useId();
  const client = useQueryClient();
  const [name, setName] = useState(file.name);
  const [label, setLabel] = useState(file.label ?? '');
  const [failure, setFailure] = useState<string | null>(null);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await changeFile(file, { name: name.trim(), label: label || null });
      await client.invalidateQueries({ queryKey: filesKey(place) });
      toast(t('form.saved', { name: name.trim() }));
      onClose();
    } catch (error) {
      setFailure(problemText(error, t));
    }
  };
  return (
    <Dialog title={t('files.edit')} onClose={onClose}>
      <form className="dialog-body stack" id={`${id}-form`} onSubmit={(event) => void save(event)}>
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
            maxLength={255}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-label`}>{t('files.label')}</label>
          <select
            id={`${id}-label`}
            className="input"
            aria-describedby={`${id}-hint`}
            value={label}
            onChange={(event) => {
              setLabel(event.target.value);
            }}
          >
            <option value="">{t('value.none')}</option>
            {labels.map((each) => (
              <option key={each} value={each}>
                {find(`files.labels.${each}`) ?? each}
              </option>
            ))}
          </select>
          <p id={`${id}-hint`} className="muted small">
            {t('files.labelHint')}
          </p>
        </div>
      </form>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button type="submit" form={`${id}-form`} look="primary" disabled={name.trim() === ''}>
          {t('action.save')}
        </Button>
      </footer>
    </Dialog>
  );
}
