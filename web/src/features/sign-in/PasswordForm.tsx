import { useId, useState, type SubmitEvent } from 'react';
import { asText } from '../../api/types.js';
import { isProblem } from '../../api/problem.js';
import { useTexts } from '../../i18n/texts.js';

interface Props {
  /** what is typed twice */
  newLabel: string;
  submitLabel: string;
  onSubmit: (current: string, next: string) => Promise<void>;
}

interface InputProps {
  name: string;
  label: string;
  autoComplete: string;
}

function PasswordInput({ name, label, autoComplete }: InputProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} type="password" className="input" autoComplete={autoComplete} required />
    </div>
  );
}

/** The present password once, the new one twice. The server judges whether it is good enough. */
export function PasswordForm({ newLabel, submitLabel, onSubmit }: Props) {
  const { t } = useTexts();
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const next = asText(form.get('next'));
    if (next !== asText(form.get('again'))) {
      setFailure(t('password.differ'));
      return;
    }
    setBusy(true);
    setFailure(null);
    try {
      await onSubmit(asText(form.get('current')), next);
    } catch (error) {
      if (!isProblem(error)) throw error;
      setFailure(error.errors[0]?.message ?? error.message);
      setBusy(false);
    }
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {failure && (
        <p className="notice bad" role="alert">
          {failure}
        </p>
      )}
      <PasswordInput name="current" label={t('password.current')} autoComplete="current-password" />
      <PasswordInput name="next" label={newLabel} autoComplete="new-password" />
      <PasswordInput name="again" label={t('password.again')} autoComplete="new-password" />
      <button type="submit" className="button primary" disabled={isBusy}>
        {submitLabel}
      </button>
    </form>
  );
}
