import './search.css';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useRecordTypes } from '../../api/record-types.js';
import { Button } from '../../design/Button.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Icon } from '../../design/Icon.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../../records/Failure.js';
import { viewOf } from '../views.js';
import { Highlighted } from './Highlighted.js';
import { useSearch, useSettled } from './search-api.js';
import { groupHits, type FoundGroup } from './search-groups.js';

const waitMs = 200;
const shownHits = 50;

function Group({ group, q }: { group: FoundGroup; q: string }) {
  const { t } = useTexts();
  const name = t(`types.${group.type.name}.many`);
  return (
    <section className="card found" aria-label={name}>
      <h2>{name}</h2>
      <ul>
        {group.items.map((item) => (
          <li key={item.key}>
            <Link to={item.path} className="found-row">
              <Icon name={item.icon} />
              <span className="grow">
                <span className="found-line">
                  <b>
                    <Highlighted text={item.title} q={q} />
                  </b>{' '}
                  <span className="muted">{item.subtitle}</span>
                </span>
                {item.snippet && (
                  <span className="found-line muted small">
                    <Highlighted text={item.snippet} q={q} />
                  </span>
                )}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Results({ q, type }: { q: string; type: string | null }) {
  const { t } = useTexts();
  const types = useRecordTypes();
  const { data, hits, error } = useSearch(q, shownHits, type ? [type] : []);
  if (error) return <Failure error={error} />;
  if (q.length < 2) return <EmptyState title={t('search.start')} hint={t('search.startHint')} />;
  if (!data)
    return (
      <div className="card found" aria-busy="true">
        <Skeleton width="40%" />
      </div>
    );
  const groups = groupHits(hits, types);
  if (groups.length === 0) return <EmptyState title={t('jump.none')} hint={t('search.noneHint')} />;
  return (
    <>
      {groups.map((group) => (
        <Group key={group.type.name} group={group} q={q} />
      ))}
      {hits.length === shownHits && <p className="muted">{t('search.capped', { count: shownHits })}</p>}
    </>
  );
}

/** What matches anywhere, by type, with the place where the words were found. */
export default function SearchPage() {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(params.get('q') ?? '');
  const type = params.get('type');
  const q = useSettled(text.trim(), waitMs);
  const types = useRecordTypes().filter(({ plural, can }) => viewOf(plural) && can.read !== 'none');
  const set = (next: Record<string, string>) => {
    const all = { q: text.trim(), ...(type ? { type } : {}), ...next };
    setParams(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')), { replace: true });
  };
  return (
    <div className="page search-page">
      <div className="page-head">
        <h1>{t('search.title')}</h1>
      </div>
      <input
        type="search"
        className="input"
        aria-label={t('search.title')}
        placeholder={t('jump.placeholder')}
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          set({ q: event.target.value.trim() });
        }}
      />
      <div className="row wrap" role="group" aria-label={t('search.types')}>
        {[null, ...types.map(({ name }) => name)].map((name) => (
          <Button
            key={name ?? ''}
            className={name === type ? 'active' : ''}
            aria-pressed={name === type}
            onClick={() => {
              set({ type: name ?? '' });
            }}
          >
            {name ? t(`types.${name}.many`) : t('search.everything')}
          </Button>
        ))}
      </div>
      <Results q={q} type={type} />
    </div>
  );
}
