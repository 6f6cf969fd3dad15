import { useQueries } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { listQuery } from '../api/data-provider.js';
import { request } from '../api/http.js';
import { useRecordTypes } from '../api/record-types.js';
import type { CrmRecord, RecordType } from '../api/types.js';
import { Icon, type IconName } from '../design/Icon.js';
import { useTexts } from '../i18n/texts.js';
import { titleOf } from '../records/title.js';
import type { PageEntry } from './pages.js';

interface Hit {
  key: string;
  path: string;
  icon: IconName;
  title: string;
  kind: string;
}

const searched = ['accounts', 'contacts', 'deals', 'cases'] as const;
const icons: Record<string, IconName> = {
  accounts: 'account',
  contacts: 'contact',
  deals: 'deal',
  cases: 'case',
};
const waitMs = 120;

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(setSettled, waitMs, value);
    return () => {
      clearTimeout(timer);
    };
  }, [value]);
  return settled;
}

async function find(type: RecordType, q: string, signal: AbortSignal): Promise<CrmRecord[]> {
  const query = listQuery({ q, fields: ['id', ...type.title] }, 5);
  return (await request<{ data: CrmRecord[] }>(`/${type.plural}?${query}`, { signal })).body.data;
}

function useHits(text: string, entries: PageEntry[]): { hits: Hit[]; isBusy: boolean } {
  const { t } = useTexts();
  const q = useSettled(text.trim());
  const types = useRecordTypes().filter((type) => searched.some((plural) => plural === type.plural));
  const results = useQueries({
    queries: types.map((type) => ({
      queryKey: ['jump', type.plural, q],
      queryFn: ({ signal }: { signal: AbortSignal }) => find(type, q, signal),
      enabled: q.length > 1 && type.can.read !== 'none',
      staleTime: 30_000,
    })),
  });
  const hits = types.flatMap((type, index) =>
    (results[index]?.data ?? []).map((record) => ({
      key: record.id,
      path: `/${type.plural}/${record.id}`,
      icon: icons[type.plural] ?? 'search',
      title: titleOf(type, record),
      kind: t(`types.${type.name}.one`),
    })),
  );
  const wanted = text.trim().toLowerCase();
  const found = entries
    .map((page) => ({
      key: page.path,
      path: page.path,
      icon: page.icon,
      title: t(page.name),
      kind: t('jump.page'),
    }))
    .filter((page) => page.title.toLowerCase().includes(wanted));
  return { hits: [...found, ...hits], isBusy: results.some((result) => result.isFetching) };
}

/** Ctrl-K: type a name, press Enter, be there. */
export function QuickJump({ entries, onClose }: { entries: PageEntry[]; onClose: () => void }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { hits, isBusy } = useHits(text, entries);
  const shown = useDeferredValue(hits);
  const current = Math.min(at, shown.length - 1);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    void navigate(hit.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter') go(shown[current]);
    else if (step) setAt((current + step + shown.length) % Math.max(1, shown.length));
    else return;
    event.preventDefault();
  };
  const message = useMemo(() => {
    if (shown.length > 0) return '';
    return t(isBusy ? 'jump.busy' : 'jump.none');
  }, [shown.length, isBusy, t]);
  return (
    <dialog
      ref={dialog}
      className="jump"
      aria-label={t('jump.open')}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="jump-options"
        aria-autocomplete="list"
        aria-activedescendant={shown[current] ? `jump-${String(current)}` : undefined}
        aria-label={t('jump.open')}
        placeholder={t('jump.placeholder')}
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="options" role="listbox" id="jump-options" aria-label={t('jump.results')} tabIndex={-1}>
        {shown.map((hit, index) => (
          <div
            key={hit.key}
            id={`jump-${String(index)}`}
            role="option"
            aria-selected={index === current}
            className="option"
            onClick={() => {
              go(hit);
            }}
          >
            <span className="row grow">
              <Icon name={hit.icon} />
              <span className="ellipsis">{hit.title}</span>
            </span>
            <span className="muted small">{hit.kind}</span>
          </div>
        ))}
      </div>
      <div className="jump-foot muted small">
        <span role="status">{message}</span>
        <span className="grow" />
        <span>{t('jump.hint')}</span>
      </div>
    </dialog>
  );
}
