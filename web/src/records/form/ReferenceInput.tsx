import { useQuery } from '@tanstack/react-query';
import { useId, useState, type KeyboardEvent } from 'react';
import { listQuery } from '../../api/data-provider.js';
import { request } from '../../api/http.js';
import { useRecordTypes } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { IconButton } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { titleOf } from '../title.js';

interface Props {
  id?: string;
  target: string;
  label: string;
  value: string | null;
  title?: string | undefined;
  placeholder?: string;
  isInvalid?: boolean;
  describedBy?: string | undefined;
  onChange: (id: string | null) => void;
}

interface Option {
  id: string;
  title: string;
}

function useOptions(type: RecordType | undefined, text: string, isOpen: boolean): Option[] {
  const { data } = useQuery({
    queryKey: ['options', type?.plural, text],
    queryFn: async ({ signal }): Promise<Option[]> => {
      if (!type) return [];
      const meta = { q: text.trim() || undefined, sort: type.title[0], fields: ['id', ...type.title] };
      const path = `/${type.plural}?${listQuery(meta, 20)}`;
      const { body } = await request<{ data: CrmRecord[] }>(path, { signal });
      return body.data.map((record) => ({ id: record.id, title: titleOf(type, record) }));
    },
    enabled: isOpen && type !== undefined,
    staleTime: 30_000,
    placeholderData: (previous) => previous,
  });
  return data ?? [];
}

/** The present record's title, asked for where the form does not know it. */
function useTitle(type: RecordType | undefined, id: string | null, known: string | undefined): string {
  const { data } = useQuery({
    queryKey: ['title', type?.plural, id],
    queryFn: async ({ signal }) => {
      const { body } = await request<CrmRecord>(`/${type?.plural ?? ''}/${id ?? ''}`, { signal });
      return type ? titleOf(type, body) : '';
    },
    enabled: id !== null && type !== undefined && !known,
    staleTime: 60_000,
    retry: false,
  });
  return id === null ? '' : (known ?? data ?? '');
}

/** Finds a record by name while one types (WAI-ARIA combobox with a list). */
export function ReferenceInput(props: Props) {
  const { id, target, label, value, title, placeholder, isInvalid, describedBy, onChange } = props;
  const { t } = useTexts();
  const listId = useId();
  const type = useRecordTypes().find((each) => each.name === target);
  const [text, setText] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const [chosen, setChosen] = useState<Option | null>(null);
  const isOpen = text !== null;
  const options = useOptions(type, text ?? '', isOpen);
  const shownTitle = useTitle(type, value, chosen !== null && chosen.id === value ? chosen.title : title);
  const choose = (option: Option | undefined) => {
    if (!option) return;
    setChosen(option);
    onChange(option.id);
    setText(null);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (isOpen) setAt((at + step + options.length) % Math.max(1, options.length));
      else setText('');
    } else if (event.key === 'Enter' && isOpen) choose(options[at]);
    else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      setText(null);
    } else return;
    event.preventDefault();
  };
  return (
    <div className="combobox">
      <input
        id={id}
        className="input"
        role="combobox"
        aria-label={id ? undefined : label}
        aria-expanded={isOpen}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && options[at] ? `${listId}-${String(at)}` : undefined}
        aria-invalid={isInvalid ?? false}
        aria-describedby={describedBy}
        autoComplete="off"
        placeholder={placeholder ?? t('form.find')}
        value={text ?? shownTitle}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onClick={() => {
          setText(text ?? '');
        }}
        onBlur={() => {
          setText(null);
        }}
        onKeyDown={onKeyDown}
      />
      {value !== null && !isOpen && (
        <IconButton
          icon="close"
          className="combobox-clear"
          label={t('form.clear', { what: label })}
          onClick={() => {
            onChange(null);
          }}
        />
      )}
      <div id={listId} role="listbox" aria-label={label} className="combobox-list" hidden={!isOpen}>
        {options.map((option, index) => (
          <div
            key={option.id}
            id={`${listId}-${String(index)}`}
            role="option"
            aria-selected={index === at}
            className="option"
            onPointerDown={(event) => {
              event.preventDefault();
              choose(option);
            }}
          >
            <span className="ellipsis">{option.title}</span>
          </div>
        ))}
      </div>
      {isOpen && options.length === 0 && (
        <div className="combobox-list menu-label" role="status">
          {t('list.noValues')}
        </div>
      )}
    </div>
  );
}
