import { useId, useState } from 'react';
import type { RecordType } from '../../../api/types.js';
import { useTexts } from '../../../i18n/texts.js';
import { faultsAt, useDraft } from './draft.js';
import { FaultLines } from './FaultLines.js';
import { isEqual, removeAt, setWords } from './change-text.js';
import { openText, wordsAt } from './policy-text.js';

/** Whether two filters say the same, whatever their spacing. */
function isSame(words: string, said: string): boolean {
  if (words.trim() === said.trim()) return true;
  const [a, b] = [openText(words), openText(said)];
  return a.errors.length === 0 && b.errors.length === 0 && isEqual(a.toJS(), b.toJS());
}

/** The condition as text, the same as in the policy. What is no YAML yet stays here until it is. */
export function FilterEditor({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const id = useId();
  const { text, faults, change } = useDraft();
  const path = ['types', type.name, 'where'];
  const said = wordsAt(text, path) ?? '';
  const [words, setWordsHere] = useState(said);
  const [seen, setSeen] = useState(said);
  const [isBroken, setBroken] = useState(false);
  if (seen !== said) {
    setSeen(said);
    if (!isSame(words, said)) {
      setWordsHere(said);
      setBroken(false);
    }
  }
  const write = (next: string) => {
    setWordsHere(next);
    const changed = next.trim() === '' ? removeAt(text, path) : setWords(text, path, next);
    setBroken(changed === null);
    if (changed !== null) change(changed);
  };
  const found = isBroken ? [] : faultsAt(faults, `types.${type.name}.where`);
  const isFaulty = isBroken || found.length > 0;
  return (
    <div className="field">
      <label htmlFor={id}>{t('cloud.form.filter')}</label>
      <textarea
        id={id}
        className="input policy-filter"
        rows={Math.min(12, words.split('\n').length + 1)}
        spellCheck={false}
        placeholder="{ field: sector, op: eq, value: retail }"
        value={words}
        aria-invalid={isFaulty}
        aria-describedby={isFaulty ? `${id}-faults` : `${id}-hint`}
        onChange={(event) => {
          write(event.target.value);
        }}
      />
      {isBroken ? (
        <p id={`${id}-faults`} className="error">
          {t('cloud.form.filterFault')}
        </p>
      ) : (
        <FaultLines id={`${id}-faults`} faults={found} />
      )}
      <p id={`${id}-hint`} className="muted small">
        {t('cloud.form.filterHint')}
      </p>
    </div>
  );
}
