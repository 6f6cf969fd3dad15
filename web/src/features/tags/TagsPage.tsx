import '../../records/list/list.css';
import './tags-page.css';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { request } from '../../api/http.js';
import { currentSession } from '../../api/session.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../../records/Failure.js';
import { NotFound } from '../../shell/NotFound.js';
import { AddByName } from '../settings/AddByName.js';
import { useSettings } from '../settings/use-settings.js';
import { RemoveTag } from './RemoveTag.js';
import { TagRow } from './TagRow.js';
import { findTags, longestTag, mostTags, tagsKey, type Tag } from './use-tags.js';

interface TagChange {
  id: string;
  from: string;
  to: string | null;
  done: number;
  finishedAt: string | null;
}

const lookEveryMs = 1_000;

/** Renames and removals that are still on their way through the records. */
function Changes() {
  const { t } = useTexts();
  const { data = [] } = useQuery({
    queryKey: [tagsKey, 'changes'],
    queryFn: async ({ signal }) =>
      (await request<{ data: TagChange[] }>('/tags/changes', { signal })).body.data,
    refetchInterval: ({ state }) =>
      state.data?.some(({ finishedAt }) => finishedAt === null) ? lookEveryMs : false,
  });
  const running = data.filter(({ finishedAt }) => finishedAt === null);
  return (
    <div role="status" className="tag-changes">
      {running.map(({ id, from, to, done }) => (
        <p key={id} className="muted">
          {to === null
            ? t('tags.removing', { from, count: done })
            : t('tags.renaming', { from, to, count: done })}
        </p>
      ))}
    </div>
  );
}

function TagTable({ tags, onRemove }: { tags: readonly Tag[]; onRemove: (tag: Tag) => void }) {
  const { t } = useTexts();
  return (
    <table className="table tags-table">
      <thead className="unseen">
        <tr>
          <th>{t('fields.any.name')}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {tags.map((tag) => (
          <TagRow key={`${tag.id}-${String(tag.version)}`} tag={tag} onRemove={onRemove} />
        ))}
      </tbody>
    </table>
  );
}

/** The spelling and the colours of tags; a rename, a merger and a removal go through all records. */
export default function TagsPage() {
  const { t } = useTexts();
  const id = useId();
  const attempt = useSettings();
  const [q, setQ] = useState('');
  const [removed, setRemoved] = useState<Tag | null>(null);
  const { data: tags, error } = useQuery({
    queryKey: [tagsKey, q.trim(), mostTags],
    queryFn: ({ signal }) => findTags(q.trim(), mostTags, signal),
    placeholderData: (previous) => previous,
  });
  if (!currentSession().may.includes('manageSettings')) return <NotFound />;
  if (error && !tags) return <Failure error={error} />;
  const add = (name: string) => attempt(() => request('/tags', { method: 'POST', body: { name } }));
  return (
    <div className="page tags-page">
      <div className="page-head">
        <h1>{t('tags.title')}</h1>
      </div>
      <Changes />
      <section className="card">
        <div className="tags-find">
          <label className="unseen" htmlFor={id}>
            {t('tags.find')}
          </label>
          <input
            id={id}
            type="search"
            className="input"
            placeholder={t('tags.find')}
            maxLength={longestTag}
            value={q}
            onChange={(event) => {
              setQ(event.target.value);
            }}
          />
        </div>
        {tags ? <TagTable tags={tags} onRemove={setRemoved} /> : <Skeleton width="60%" height={24} />}
        {tags?.length === 0 && (
          <EmptyState
            title={t(q.trim() === '' ? 'tags.none' : 'tags.notFound')}
            hint={q.trim() === '' ? t('tags.noneHint') : ''}
          />
        )}
        {tags?.length === mostTags && (
          <p className="tags-most muted">{t('tags.most', { count: mostTags })}</p>
        )}
        <AddByName label={t('tags.new')} maxLength={longestTag} onAdd={add} />
      </section>
      {removed && (
        <RemoveTag
          tag={removed}
          onClose={() => {
            setRemoved(null);
          }}
        />
      )}
    </div>
  );
}
