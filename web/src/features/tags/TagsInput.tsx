import { useId, useState, type KeyboardEvent } from 'react';
import { IconButton } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import type { FieldInputProps } from '../../records/noun-view.js';
import { TagName } from './TagChips.js';
import { tagList, useTagColours, useTagSuggestions } from './use-tags.js';

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** What can be chosen: the registry's suggestions, and what is typed where it is new. */
function useOffers(text: string, tags: readonly string[], isOpen: boolean): string[] {
  const wanted = text.trim();
  const names = useTagSuggestions(wanted, isOpen)
    .map(({ name }) => name)
    .filter((name) => !tags.some((tag) => isSame(tag, name)));
  const isNew = wanted !== '' && ![...names, ...tags].some((name) => isSame(name, wanted));
  return isNew ? [...names, wanted] : names;
}

/** Tags as chips, with an input that suggests those in use (WAI-ARIA combobox); Enter or a comma adds one. */
export function TagsInput({
  id,
  value,
  onChange,
  isInvalid,
  describedBy,
  label,
}: FieldInputProps & { label: string }) {
  const { t } = useTexts();
  const listId = useId();
  const colours = useTagColours();
  const tags = tagList(value);
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const offers = useOffers(text, tags, isOpen);
  const add = (name: string | undefined) => {
    if (name) onChange([...tags, name.trim()]);
    setText('');
    setAt(0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isAdding = (event.key === 'Enter' && isOpen) || event.key === ',';
    if (isAdding && (text.trim() !== '' || at > 0)) add(offers[at] ?? text);
    else if (step) {
      setOpen(true);
      setAt((at + step + offers.length) % Math.max(1, offers.length));
    } else if (event.key === 'Backspace' && text === '') onChange(tags.slice(0, -1));
    else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      setOpen(false);
    } else return;
    event.preventDefault();
  };
  return (
    <div className="combobox">
      <div className="input tag-input">
        {tags.map((name) => (
          <span key={name} className="tag">
            <TagName name={name} colour={colours.get(name)} />
            <IconButton
              icon="close"
              label={t('tags.remove', { name })}
              onClick={() => {
                onChange(tags.filter((tag) => tag !== name));
              }}
            />
          </span>
        ))}
        <input
          id={id}
          role="combobox"
          aria-expanded={isOpen && offers.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && offers[at] ? `${listId}-${String(at)}` : undefined}
          aria-invalid={isInvalid}
          aria-describedby={describedBy}
          autoComplete="off"
          placeholder={tags.length === 0 ? t('tags.add') : ''}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
            setOpen(true);
          }}
          onFocus={() => {
            setOpen(true);
          }}
          onBlur={() => {
            setOpen(false);
            if (text.trim() !== '') add(text);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div
        id={listId}
        role="listbox"
        aria-label={label}
        className="combobox-list"
        hidden={!isOpen || offers.length === 0}
      >
        {offers.map((name, index) => (
          <div
            key={name}
            id={`${listId}-${String(index)}`}
            role="option"
            aria-selected={index === at}
            className="option tag-option"
            onPointerDown={(event) => {
              event.preventDefault();
              add(name);
            }}
          >
            <TagName name={name} colour={colours.get(name)} />
          </div>
        ))}
      </div>
    </div>
  );
}
