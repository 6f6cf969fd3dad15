import './search.css';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { useNavigate } from 'react-router';
import { useRecordTypes } from '../../api/record-types.js';
import type { RecordType } from '../../api/types.js';
import { Icon, type IconName } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import type { PageEntry } from '../../shell/pages.js';
import { viewOf } from '../views.js';
import { Highlighted } from './Highlighted.js';
import { recentRecords } from './recent-records.js';
import { useSearch, useSettled } from './search-api.js';
import { groupHits } from './search-groups.js';

interface Item {
  key: string;
  path: string;
  icon: IconName;
  title: string;
  about: string;
}
interface Group {
  name: string;
  items: Item[];
}

const waitMs = 120;
const askedHits = 50;
/** so that one type does not push the others out of sight */
const shownOfType = 5;

function useRecent(): Item[] {
  const types = useRecordTypes();
  const [recent] = useState(recentRecords);
  return recent.flatMap(({ type: name, id, title }) => {
    const type = types.find((each) => each.name === name);
    const view = type && viewOf(type.plural);
    return type && view
      ? [{ key: id, path: `/${type.plural}/${id}`, icon: view.icon, title, about: '' }]
      : [];
  });
}

/** Before anything is typed the records opened last, then pages and records that match, by type. */
function useGroups(text: string, entries: readonly PageEntry[]) {
  const { t } = useTexts();
  const types: RecordType[] = useRecordTypes();
  const recent = useRecent();
  const wanted = text.trim();
  const q = useSettled(wanted, waitMs);
  const { hits, isFetching, error } = useSearch(q, askedHits);
  const pages = entries
    .map(({ path, icon, name }) => ({ key: path, path, icon, title: t(name), about: '' }))
    .filter(({ title }) => title.toLowerCase().includes(wanted.toLowerCase()));
  const groups: Group[] =
    wanted === ''
      ? [
          { name: t('jump.recent'), items: recent },
          { name: t('jump.pages'), items: pages },
        ]
      : [
          { name: t('jump.pages'), items: pages.slice(0, 3) },
          ...groupHits(hits, types).map(({ type, items }) => ({
            name: t(`types.${type.name}.many`),
            items: items
              .slice(0, shownOfType)
              .map((item) => ({ ...item, about: item.snippet || item.subtitle })),
          })),
        ];
  if (q.length > 1 && hits.length > 0)
    groups.push({
      name: t('jump.more'),
      items: [
        {
          key: 'all',
          path: `/search?q=${encodeURIComponent(q)}`,
          icon: 'search',
          title: t('jump.all', { q }),
          about: '',
        },
      ],
    });
  const shown = groups.filter(({ items }) => items.length > 0);
  return { q, groups: shown, isBusy: isFetching || q !== wanted, error };
}

interface OptionProps {
  item: Item;
  id: string;
  q: string;
  isCurrent: boolean;
  onGo: (item: Item) => void;
}

function Option({ item, id, q, isCurrent, onGo }: OptionProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isCurrent) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [isCurrent]);
  return (
    <div
      ref={ref}
      id={id}
      role="option"
      aria-selected={isCurrent}
      className="option"
      onClick={() => {
        onGo(item);
      }}
    >
      <Icon name={item.icon} />
      <span className="ellipsis found-title">
        <Highlighted text={item.title} q={q} />
      </span>
      <span className="grow ellipsis muted small">
        <Highlighted text={item.about} q={q} />
      </span>
    </div>
  );
}

interface Choice {
  items: Item[];
  current: number;
  setAt: (at: number) => void;
  go: (item: Item | undefined) => void;
}

function useChoice(groups: Group[], onClose: () => void): Choice {
  const navigate = useNavigate();
  const [at, setAt] = useState(0);
  const items = groups.flatMap((group) => group.items);
  const current = Math.min(at, items.length - 1);
  const go = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    void navigate(item.path);
  };
  return { items, current, setAt, go };
}

function onKey(event: KeyboardEvent, { items, current, setAt, go }: Choice): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter') go(items[current]);
  else if (step) setAt((current + step + items.length) % Math.max(1, items.length));
  else return;
  event.preventDefault();
}

function Options({
  groups,
  choice,
  listId,
  q,
}: {
  groups: Group[];
  choice: Choice;
  listId: string;
  q: string;
}) {
  const { t } = useTexts();
  return (
    <div className="options" role="listbox" id={listId} aria-label={t('jump.results')} tabIndex={-1}>
      {groups.map((group) => (
        <div key={group.name} role="group" aria-label={group.name}>
          <div className="menu-label" role="presentation">
            {group.name}
          </div>
          {group.items.map((item) => {
            const index = choice.items.indexOf(item);
            return (
              <Option
                key={item.key}
                item={item}
                id={`${listId}-${String(index)}`}
                q={q}
                isCurrent={index === choice.current}
                onGo={choice.go}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

/** Ctrl-K or "/": type, choose, be there. */
export function SearchPalette({ entries, onClose }: { entries: readonly PageEntry[]; onClose: () => void }) {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const listId = useId();
  const [text, setText] = useState('');
  const { q, groups, isBusy, error } = useGroups(text, entries);
  const choice = useChoice(groups, onClose);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const nothing = error && !isBusy ? problemText(error, t) : t(isBusy ? 'jump.busy' : 'jump.none');
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
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={
          choice.items[choice.current] ? `${listId}-${String(choice.current)}` : undefined
        }
        aria-label={t('jump.open')}
        placeholder={t('jump.placeholder')}
        value={text}
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          choice.setAt(0);
        }}
        onKeyDown={(event) => {
          onKey(event, choice);
        }}
      />
      <Options groups={groups} choice={choice} listId={listId} q={q} />
      <div className="jump-foot muted small">
        <span role="status">{choice.items.length === 0 ? nothing : ''}</span>
        <span className="grow" />
        <span>{t('jump.hint')}</span>
      </div>
    </dialog>
  );
}
