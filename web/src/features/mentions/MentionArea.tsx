import { useQuery } from '@tanstack/react-query';
import { useId, useRef, useState, type KeyboardEvent } from 'react';
import { listQuery } from '../../api/data-provider.js';
import { request } from '../../api/http.js';
import { useTexts } from '../../i18n/texts.js';
import { mentionBefore, type Person } from './mention-text.js';

interface Props {
  id: string;
  className: string;
  placeholder: string;
  value: string;
  onChange: (text: string) => void;
  /** somebody was chosen from the suggestions */
  onMention: (person: Person) => void;
}

const shown = 6;

function usePeople(q: string | undefined): Person[] {
  const { data } = useQuery({
    queryKey: ['mentionable', q],
    queryFn: async ({ signal }) => {
      const meta = {
        q: q?.trim() === '' ? undefined : q?.trim(),
        sort: 'name',
        fields: ['id', 'name'],
        filter: { field: 'active', op: 'eq', value: true } as const,
      };
      const { body } = await request<{ data: Person[] }>(`/users?${listQuery(meta, shown)}`, { signal });
      return body.data;
    },
    enabled: q !== undefined,
    staleTime: 60_000,
    placeholderData: (previous) => previous,
    retry: false,
  });
  return q === undefined ? [] : (data ?? []);
}

/** A text in which an @ suggests people (a text area may not be a combobox, so it says what is active in the list below it). Ctrl-Enter sends the form. */
export function MentionArea({ id, className, placeholder, value, onChange, onMention }: Props) {
  const { t } = useTexts();
  const listId = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const [at, setAt] = useState(0);
  const [isShut, setShut] = useState(false);
  const mention = isShut ? null : mentionBefore(value, caret);
  const people = usePeople(mention?.q);
  const isOpen = mention !== null && people.length > 0;
  const choose = (person: Person | undefined) => {
    if (!person || !mention) return;
    onMention(person);
    const before = `${value.slice(0, mention.from)}@${person.name} `;
    onChange(before + value.slice(caret));
    setCaret(before.length);
    setAt(0);
    requestAnimationFrame(() => {
      area.current?.setSelectionRange(before.length, before.length);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
    else if (!isOpen) return;
    else if (event.key === 'Enter' || event.key === 'Tab') choose(people[at]);
    else if (event.key === 'Escape') setShut(true);
    else if (step) setAt((at + step + people.length) % people.length);
    else return;
    event.preventDefault();
  };
  return (
    <div className="combobox">
      <textarea
        ref={area}
        id={id}
        className={className}
        rows={1}
        aria-haspopup="listbox"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isOpen ? `${listId}-${String(at)}` : undefined}
        placeholder={placeholder}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setCaret(event.target.selectionStart);
          setAt(0);
          setShut(false);
        }}
        onSelect={(event) => {
          setCaret(event.currentTarget.selectionStart);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setShut(true);
        }}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t('timeline.people')}
        className="combobox-list"
        hidden={!isOpen}
      >
        {people.map((person, index) => (
          <div
            key={person.id}
            id={`${listId}-${String(index)}`}
            role="option"
            aria-selected={index === at}
            className="option"
            onPointerDown={(event) => {
              event.preventDefault();
              choose(person);
            }}
          >
            <span className="ellipsis">{person.name}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
