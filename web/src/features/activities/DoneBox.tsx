import { useState } from 'react';
import { may } from '../../api/record-types.js';
import { asText, type CrmRecord, type RecordType } from '../../api/types.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { useSave } from '../../records/form/use-save.js';
import { toast } from '../../shell/toast-list.js';

/** Ticks a task off; the box shows the new state at once and goes back when the server refuses. */
export function DoneBox({ type, activity }: { type: RecordType; activity: CrmRecord }) {
  const { t } = useTexts();
  const save = useSave(type);
  const [isDone, setDone] = useState(activity['done'] === true);
  const toggle = async () => {
    setDone(!isDone);
    try {
      await save({ done: !isDone } as unknown as CrmRecord, activity);
    } catch (error) {
      setDone(isDone);
      toast(problemText(error, t));
    }
  };
  return (
    <input
      type="checkbox"
      checked={isDone}
      disabled={!may(type, 'update')}
      aria-label={t('timeline.done', { subject: asText(activity['subject']) })}
      onChange={() => void toggle()}
    />
  );
}
