import { useEffect, useRef, useState, type ReactNode } from 'react';
import { fieldNamed } from '../../api/record-types.js';
import type { RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Icon } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import type { NounView } from '../noun-view.js';
import { ColumnChooser } from './ColumnChooser.js';
import { FacetButton } from './FacetButton.js';
import { FilterBuilder } from './FilterBuilder.js';
import type { Columns } from './use-columns.js';
import type { ListControls } from './use-list-state.js';

const waitMs = 250;

function QuickSearch({ type, controls }: { type: RecordType; controls: ListControls }) {
  const { t } = useTexts();
  const { q } = controls.state;
  const [text, setText] = useState(q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    setText(q);
  }, [q]);
  const label = t('list.search', { what: t(`types.${type.name}.many`) });
  return (
    <div className="quick-search">
      <Icon name="search" isSmall />
      <input
        type="search"
        className="input dense"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => {
            controls.set({ q: next.trim() });
          }, waitMs);
        }}
      />
    </div>
  );
}

interface Props {
  type: RecordType;
  view: NounView;
  controls: ListControls;
  /** absent where the records are not shown as a table */
  columns?: Columns;
  /** what the layout adds behind the filters */
  tools?: ReactNode;
}

export function ListToolbar({ type, view, controls, columns, tools }: Props) {
  const { t } = useTexts();
  const facets = view.facets.filter((facet) => {
    const field = fieldNamed(
      type,
      facet.path.includes('.') && !facet.path.startsWith('custom.') ? 'accountId' : facet.path,
    );
    return field && !field.omitted;
  });
  return (
    <div className="toolbar">
      <QuickSearch type={type} controls={controls} />
      <div className="facets">
        {facets.map((facet) => (
          <FacetButton
            key={facet.path}
            type={type}
            facet={facet}
            chosen={controls.state.facets[facet.path] ?? []}
            onChoose={(values) => {
              controls.set({ facets: { ...controls.state.facets, [facet.path]: values } });
            }}
          />
        ))}
        <FilterBuilder type={type} controls={controls} />
        {controls.isFiltered && (
          <Button
            look="quiet"
            icon="close"
            onClick={() => {
              controls.set({ q: '', facets: {}, conditions: [] });
            }}
          >
            {t('list.clear')}
          </Button>
        )}
        {tools}
      </div>
      <span className="grow" />
      {columns && <ColumnChooser type={type} columns={columns} />}
    </div>
  );
}
