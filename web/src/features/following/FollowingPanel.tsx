import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { request } from '../../api/http.js';
import { useRecordTypes } from '../../api/record-types.js';
import { isReplica } from '../../api/session.js';
import type { RecordType } from '../../api/types.js';
import { useTexts } from '../../i18n/texts.js';
import { useLabels } from '../../records/values/labels.js';
import { When } from '../../records/values/When.js';
import { followingKey } from './following-key.js';

interface FollowedChange {
  id: string;
  at: string;
  type: string;
  recordId: string;
  title: string | null;
  by: { id: string | null; name: string | null };
  change: { action: string; fields: { name: string }[] };
}

const shownRows = 8;
const silent = new Set(['version', 'updatedAt', 'updatedBy']);

function ChangeRow({ type, entry }: { type: RecordType; entry: FollowedChange }) {
  const { t, find } = useTexts();
  const labels = useLabels(type);
  const fields = entry.change.fields
    .filter(({ name }) => !silent.has(name))
    .map(({ name }) => labels.path(name));
  const action = find(`timeline.actions.${entry.change.action}`) ?? entry.change.action;
  return (
    <Link to={`/${type.plural}/${entry.recordId}`} className="panel-row">
      <b className="ellipsis followed-title">{entry.title ?? t('record.notVisible')}</b>
      <span className="grow ellipsis muted">
        {entry.by.name ?? t('timeline.system')} {action}
        {entry.change.action === 'update' && ` ${fields.join(', ')}`}
      </span>
      <span className="panel-when muted number">
        <When value={entry.at} />
      </span>
    </Link>
  );
}

/** What happened to the records that this person follows; nothing where none is followed. */
export function FollowingPanel() {
  const { t } = useTexts();
  const types = useRecordTypes();
  const { data } = useQuery({
    queryKey: followingKey,
    queryFn: async ({ signal }) => {
      const path = `/me/following?limit=${String(shownRows)}`;
      return (await request<{ data: FollowedChange[] }>(path, { signal })).body.data;
    },
    enabled: !isReplica(),
    retry: false,
  });
  if (!data || data.length === 0) return null;
  return (
    <section className="card panel" aria-label={t('home.following')}>
      <header className="panel-head row">
        <h2>{t('home.following')}</h2>
      </header>
      <ul className="panel-rows">
        {data.map((entry) => {
          const type = types.find(({ name }) => name === entry.type);
          return type ? (
            <li key={entry.id}>
              <ChangeRow type={type} entry={entry} />
            </li>
          ) : null;
        })}
      </ul>
    </section>
  );
}
