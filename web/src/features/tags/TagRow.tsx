import './tags.css';
import { useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { changeSetting, useSettings } from '../settings/use-settings.js';
import { longestTag, type Tag } from './use-tags.js';

/** what the browser's picker starts from where a tag has no colour: the middle of the scale */
const noColour = '#808080';

function Colour({ tag }: { tag: Tag }) {
  const { t } = useTexts();
  const attempt = useSettings();
  const [colour, setColour] = useState(tag.colour);
  const commit = async (wanted: string | null) => {
    if (wanted === tag.colour) return;
    if (!(await attempt(() => changeSetting('tags', tag, { colour: wanted })))) setColour(tag.colour);
  };
  const picker = useRef<HTMLInputElement>(null);
  // React's onChange comes with every move in the picker; the browser's own event comes when the choice is made
  useEffect(() => {
    const element = picker.current;
    const onChosen = () => void commit(element?.value ?? null);
    element?.addEventListener('change', onChosen);
    return () => {
      element?.removeEventListener('change', onChosen);
    };
  });
  return (
    <label className="tag-colour">
      <span className="tag-dot" style={colour ? { background: colour } : {}} aria-hidden="true" />
      <input
        ref={picker}
        type="color"
        aria-label={t('tags.colourOf', { name: tag.name })}
        value={colour ?? noColour}
        onChange={(event) => {
          setColour(event.target.value);
        }}
      />
    </label>
  );
}

/** A tag that is renamed and coloured in place. */
export function TagRow({ tag, onRemove }: { tag: Tag; onRemove: (tag: Tag) => void }) {
  const { t } = useTexts();
  const attempt = useSettings();
  const [name, setName] = useState(tag.name);
  const commit = async () => {
    const wanted = name.trim();
    if (wanted === tag.name) return;
    if (!(await attempt(() => changeSetting('tags', tag, { name: wanted })))) setName(tag.name);
  };
  return (
    <tr>
      <td>
        <div className="row">
          <Colour tag={tag} />
          <input
            className="input dense grow"
            aria-label={t('tags.nameOf', { name: tag.name })}
            maxLength={longestTag}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
            }}
            onBlur={() => void commit()}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.currentTarget.blur();
            }}
          />
        </div>
      </td>
      <td>
        <div className="row tag-actions">
          {tag.colour && (
            <Button
              look="quiet"
              aria-label={t('tags.noColourOf', { name: tag.name })}
              onClick={() => void attempt(() => changeSetting('tags', tag, { colour: null }))}
            >
              {t('tags.noColour')}
            </Button>
          )}
          <IconButton
            icon="trash"
            label={t('tags.delete', { name: tag.name })}
            onClick={() => {
              onRemove(tag);
            }}
          />
        </div>
      </td>
    </tr>
  );
}
