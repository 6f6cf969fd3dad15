import type { CrmRecord, FieldType, RecordType } from '../../api/types.js';
import { Icon, type IconName } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import { FieldValue } from '../values/FieldValue.js';
import { When } from '../values/When.js';
import { useLabels } from '../values/labels.js';
import type { ChangedField, TimelineEntry } from './timeline-entries.js';

const silent = new Set(['version', 'updatedAt', 'updatedBy', 'createdAt', 'createdBy', 'id']);

/** A past value, dressed as a record so that it is shown like any other value of its field. */
function Past({ type, field, value }: { type: RecordType; field: FieldType; value: unknown }) {
  const { t } = useTexts();
  if (value === null || value === undefined || value === '')
    return <span className="muted">{t('value.none')}</span>;
  if (field.kind === 'reference') return <span>{t('timeline.another')}</span>;
  const record = {
    [field.name]: value,
    status: field.name === 'status' ? value : '',
  } as unknown as CrmRecord;
  const shown = field.custom
    ? ({ custom: { [field.path.slice('custom.'.length)]: value } } as unknown as CrmRecord)
    : record;
  return <FieldValue type={type} field={field} record={shown} />;
}

function Change({ type, change }: { type: RecordType; change: ChangedField }) {
  const labels = useLabels(type);
  const field = type.fields.find(
    (each) => each.path === change.name || each.path === `custom.${change.name}`,
  );
  if (!field) return <li>{change.name}</li>;
  return (
    <li className="row wrap">
      <span className="muted">{labels.field(field)}</span>
      {field.kind !== 'longText' && 'after' in change && (
        <>
          <Past type={type} field={field} value={change.before} />
          <span aria-hidden="true">→</span>
          <Past type={type} field={field} value={change.after} />
        </>
      )}
    </li>
  );
}

const icons: Record<string, IconName> = { create: 'plus', delete: 'trash', 'attachment-delete': 'trash' };
const iconOf = (action: string): IconName =>
  icons[action] ?? (action.startsWith('attachment-') ? 'file' : 'edit');

export function ChangeEntry({ type, entry }: { type: RecordType; entry: TimelineEntry }) {
  const { t, find } = useTexts();
  const action = entry.change?.action ?? 'update';
  const changes = (entry.change?.fields ?? []).filter((field) => !silent.has(field.name));
  const who = entry.by?.name ?? t('timeline.system');
  return (
    <li className="entry change">
      <span className="entry-icon">
        <Icon name={iconOf(action)} isSmall />
      </span>
      <div className="grow">
        <p>
          <b>{who}</b> {find(`timeline.actions.${action}`) ?? action}{' '}
          {entry.change?.attachment && <b className="file-mention">{entry.change.attachment.name} </b>}
          <span className="muted small">
            · <When value={entry.at} />
          </span>
        </p>
        {entry.change?.erased && <p className="muted small">{t('timeline.erased')}</p>}
        {action !== 'create' && !entry.change?.attachment && changes.length > 0 && (
          <ul className="changes small">
            {changes.map((change) => (
              <Change key={change.name} type={type} change={change} />
            ))}
          </ul>
        )}
      </div>
    </li>
  );
}
