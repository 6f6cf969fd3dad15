import './settings.css';
import { useId, useState, type SubmitEvent } from 'react';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';

interface Props {
  label: string;
  maxLength?: number;
  /** @returns whether it was taken; what was typed stays where it was not */
  onAdd: (name: string) => Promise<boolean>;
}

/** One line that adds something by its name. */
export function AddByName({ label, maxLength = 80, onAdd }: Props) {
  const { t } = useTexts();
  const id = useId();
  const [name, setName] = useState('');
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (await onAdd(name.trim())) setName('');
  };
  return (
    <form className="row add-by-name" onSubmit={(event) => void submit(event)}>
      <label className="unseen" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="input dense"
        placeholder={label}
        maxLength={maxLength}
        value={name}
        onChange={(event) => {
          setName(event.target.value);
        }}
      />
      <Button type="submit" disabled={name.trim() === ''}>
        {t('timeline.add')}
      </Button>
    </form>
  );
}
