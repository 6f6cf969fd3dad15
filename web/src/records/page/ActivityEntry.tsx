import { asText } from '../../api/types.js';
import { Link } from 'react-router';
import { useRecordTypes } from '../../api/record-types.js';
import { Icon, type IconName } from '../../design/Icon.js';
import { DoneBox } from '../../features/activities/DoneBox.js';
import { MentionedText } from '../../features/mentions/MentionedText.js';
import { plainText } from '../../features/mentions/mention-text.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../values/When.js';
import type { TimelineEntry } from './timeline-entries.js';

const icons: Record<string, IconName> = { note: 'note', task: 'task', call: 'call', meeting: 'meeting' };

export function ActivityEntry({ entry }: { entry: TimelineEntry }) {
  const { t } = useTexts();
  const type = useRecordTypes().find((each) => each.name === 'activity');
  const { activity } = entry;
  if (!activity) return null;
  const kind = asText(activity['kind']);
  const body = asText(activity['body']);
  // a line that mentions somebody is subject and body at once: it is shown as the one with the link
  const subject = asText(activity['subject']);
  const isSaidBelow = body !== subject && plainText(body) === subject;
  const when = activity['dueAt'] ?? activity['startsAt'];
  return (
    <li className="entry">
      <span className="entry-icon">
        <Icon name={icons[kind] ?? 'note'} />
      </span>
      <div className="grow">
        <div className="row wrap">
          {kind === 'task' && type && <DoneBox key={activity.version} type={type} activity={activity} />}
          <Link to={`/activities/${activity.id}`} className="entry-title">
            {isSaidBelow ? t(`options.${kind}`) : subject}
          </Link>
          {typeof when === 'string' && (
            <span className="badge">
              {t(kind === 'task' ? 'timeline.due' : 'timeline.on')}&nbsp;
              <When value={when} />
            </span>
          )}
        </div>
        {body !== '' && (
          <p className="long-text">
            <MentionedText text={body} />
          </p>
        )}
        <p className="muted small">
          {t(`options.${kind}`)}
          {entry.by?.name && ` · ${entry.by.name}`} · <When value={entry.at} />
        </p>
      </div>
    </li>
  );
}
