import { useId, useState, type SubmitEvent } from 'react';
import { currentSession } from '../../api/session.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { MentionArea } from '../../features/mentions/MentionArea.js';
import { plainText, withMentions, type Person } from '../../features/mentions/mention-text.js';
import { useTimeZone } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { fromZonedInput } from '../../i18n/zoned.js';
import { toast } from '../../shell/toast-list.js';
import { problemText } from '../Failure.js';
import { useSave } from '../form/use-save.js';

const kinds = ['note', 'task', 'call', 'meeting'] as const;
type Kind = (typeof kinds)[number];
const longestSubject = 120;

/** The first line is the subject; a long one, or one that mentions somebody, is kept whole in the body too. */
function split(text: string): { subject: string; body: string | null } {
  const [line = '', ...rest] = text.trim().split('\n');
  const first = plainText(line);
  if (first.length <= longestSubject && first === line)
    return { subject: first, body: rest.join('\n').trim() || null };
  const isLong = first.length > longestSubject;
  const subject = isLong ? `${first.slice(0, longestSubject - 1).trimEnd()}…` : first;
  return { subject, body: text.trim() };
}

interface Props {
  type: RecordType;
  /** the field that points to the record: `dealId` */
  linkName: string;
  record: CrmRecord;
}

/** One line that grows while one writes, so that the history stays in sight. */
export function Composer({ type, linkName, record }: Props) {
  const { t } = useTexts();
  const id = useId();
  const timeZone = useTimeZone();
  const save = useSave(type);
  const [kind, setKind] = useState<Kind>('note');
  const [text, setText] = useState('');
  const [people, setPeople] = useState<Person[]>([]);
  const [when, setWhen] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const time = when ? fromZonedInput(when, timeZone) : null;
    const times = kind === 'task' ? { dueAt: time } : kind === 'note' ? {} : { startsAt: time };
    const links = { [linkName]: record.id, ownerId: currentSession().user.id };
    const accountId =
      linkName !== 'accountId' && record['accountId'] ? { accountId: record['accountId'] } : {};
    setBusy(true);
    try {
      await save(
        {
          kind,
          ...split(kind === 'note' ? withMentions(text, people) : text),
          ...times,
          ...accountId,
          ...links,
        } as unknown as CrmRecord,
        undefined,
      );
      setText('');
      setPeople([]);
      setWhen('');
      toast(t('timeline.added'));
    } catch (error) {
      toast(problemText(error, t));
    } finally {
      setBusy(false);
    }
  };
  const hasTime = kind !== 'note';
  return (
    <form className="composer" onSubmit={(event) => void submit(event)}>
      <label className="unseen" htmlFor={id}>
        {t(`timeline.write.${kind}`)}
      </label>
      <MentionArea
        id={id}
        className="input composer-text"
        placeholder={t(`timeline.write.${kind}`)}
        value={text}
        onChange={setText}
        onMention={(person) => {
          setPeople([...people, person]);
        }}
      />
      <div className="row wrap">
        <select
          className="input dense composer-kind"
          aria-label={t('timeline.kind')}
          value={kind}
          onChange={(event) => {
            setKind(event.target.value as Kind);
          }}
        >
          {kinds.map((each) => (
            <option key={each} value={each}>
              {t(`options.${each}`)}
            </option>
          ))}
        </select>
        {hasTime && (
          <input
            type="datetime-local"
            className="input dense composer-when"
            aria-label={t(kind === 'task' ? 'timeline.due' : 'timeline.on')}
            value={when}
            onChange={(event) => {
              setWhen(event.target.value);
            }}
          />
        )}
        <span className="grow" />
        <Button type="submit" disabled={isBusy || text.trim() === ''}>
          {t('timeline.add')}
        </Button>
      </div>
    </form>
  );
}
