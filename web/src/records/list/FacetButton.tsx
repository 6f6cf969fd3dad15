import { useState } from 'react';
import { fieldNamed } from '../../api/record-types.js';
import type { RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Icon } from '../../design/Icon.js';
import { Popover } from '../../design/Popover.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import type { FacetSpec } from '../noun-view.js';
import { useLabels } from '../values/labels.js';
import { useFacetValues } from './use-facet-values.js';

interface Props {
  type: RecordType;
  facet: FacetSpec;
  chosen: string[];
  onChoose: (values: string[]) => void;
}

const searchFrom = 12;

function Values({ type, facet, chosen, onChoose }: Props) {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const { values, isPending } = useFacetValues(type, facet, text);
  const isLong = facet.from === 'reference' || facet.from === 'tags' || values.length > searchFrom;
  const shown = values.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()));
  // the address follows a moment later; the boxes answer the click at once
  const [ticked, setTicked] = useState(chosen);
  const choose = (next: string[]) => {
    setTicked(next);
    onChoose(next);
  };
  const toggle = (value: string) => {
    choose(ticked.includes(value) ? ticked.filter((each) => each !== value) : [...ticked, value]);
  };
  return (
    <>
      {isLong && (
        <input
          type="search"
          className="input dense"
          aria-label={t('list.findValue')}
          placeholder={t('list.findValue')}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
      )}
      {isPending && values.length === 0 && <Skeleton width={160} height={20} />}
      {shown.map(({ value, label }) => (
        <label key={value} className="check menu-item">
          <input
            type="checkbox"
            checked={ticked.includes(value)}
            onChange={() => {
              toggle(value);
            }}
          />
          <span className="ellipsis">{label}</span>
        </label>
      ))}
      {!isPending && shown.length === 0 && <p className="menu-label">{t('list.noValues')}</p>}
      {ticked.length > 0 && (
        <Button
          look="quiet"
          onClick={() => {
            choose([]);
          }}
        >
          {t('list.any')}
        </Button>
      )}
    </>
  );
}

/** One click opens the values of a field, a second filters by one. */
export function FacetButton(props: Props) {
  const { type, facet, chosen } = props;
  const labels = useLabels(type);
  const field = fieldNamed(type, facet.path);
  const name = labels.path(facet.path);
  const { values } = useFacetValues(type, facet, '', chosen.length > 0);
  const nameOf = (value: string) =>
    values.find((each) => each.value === value)?.label ?? (field ? labels.option(field, value) : value);
  const first = chosen[0] === undefined ? '' : nameOf(chosen[0]);
  const more = chosen.length > 1 ? ` +${String(chosen.length - 1)}` : '';
  return (
    <Popover
      kind="dialog"
      panelLabel={name}
      className={chosen.length > 0 ? 'active' : ''}
      face={
        <>
          <span className="ellipsis facet-face">{first ? `${name}: ${first}${more}` : name}</span>
          <Icon name="down" isSmall />
        </>
      }
    >
      {() => <Values {...props} />}
    </Popover>
  );
}
