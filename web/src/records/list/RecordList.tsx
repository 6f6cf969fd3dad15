import { useGetList } from 'ra-core';
import { useCallback, useMemo, useState } from 'react';
import { fieldNamed, may } from '../../api/record-types.js';
import type { CrmRecord, FieldType, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { EmptyState } from '../../design/EmptyState.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { ViewsMenu } from '../../features/saved-views/ViewsMenu.js';
import type { NounView } from '../noun-view.js';
import { RecordDrawer } from '../form/RecordDrawer.js';
import { asMeta } from '../list-meta.js';
import { useIsPhone } from '../use-is-phone.js';
import { Failure } from '../Failure.js';
import { LayoutSwitch } from './LayoutSwitch.js';
import { ListToolbar } from './ListToolbar.js';
import { Pager } from './Pager.js';
import { RecordCards } from './RecordCards.js';
import { RecordTable } from './RecordTable.js';
import { toFilter } from './list-filter.js';
import type { ListResult } from './list-result.js';
import { useColumns, type Column, type Columns } from './use-columns.js';
import { useListState } from './use-list-state.js';

const pageSize = 50;

const expandable = (fields: FieldType[]) =>
  fields
    .filter((field) => field.kind === 'reference' && field.relation !== field.name)
    .map((field) => field.name);

function useRecords(
  type: RecordType,
  view: NounView,
  columns: Column[],
  controls: ReturnType<typeof useListState>,
) {
  const { state } = controls;
  const filter = toFilter(state, (path) => fieldNamed(type, path)?.kind);
  const cardFields = view.card.lines
    .map((path) => fieldNamed(type, path))
    .filter((field) => field !== undefined);
  const expand = [...new Set(expandable([...columns.map((column) => column.field), ...cardFields]))];
  const answer = useGetList<CrmRecord>(
    type.plural,
    {
      pagination: { page: 1, perPage: pageSize },
      meta: { q: state.q, filter, sort: state.sort, cursor: state.cursor, expand, count: true },
    },
    { placeholderData: (previous) => previous, retry: false },
  );
  const { data, total, isPlaceholderData, error } = answer;
  const more = asMeta(answer.meta);
  const result: ListResult = {
    records: data,
    nextCursor: more?.nextCursor ?? null,
    count: total,
    isCountCapped: more?.countCapped ?? false,
    isStale: isPlaceholderData,
    error,
  };
  return result;
}

function NothingFound({ type, controls }: { type: RecordType; controls: ReturnType<typeof useListState> }) {
  const { t } = useTexts();
  if (!controls.isFiltered) {
    const hint = may(type, 'create') ? t('list.emptyHint') : t('list.emptyReadOnly');
    return <EmptyState title={t(`types.${type.name}.none`)} hint={hint} />;
  }
  return (
    <EmptyState title={t('list.noMatch')} hint={t('list.noMatchHint')}>
      <Button
        onClick={() => {
          controls.set({ q: '', facets: {}, conditions: [] });
        }}
      >
        {t('list.clear')}
      </Button>
    </EmptyState>
  );
}

interface HeadingProps {
  type: RecordType;
  view: NounView;
  controls: ReturnType<typeof useListState>;
  columns: Columns;
  result: ListResult;
  onNew: () => void;
}

function Heading({ type, view, controls, columns, result, onNew }: HeadingProps) {
  const { t } = useTexts();
  const format = useFormats();
  const count =
    result.count === undefined ? '' : `${format.number(result.count)}${result.isCountCapped ? '+' : ''}`;
  return (
    <div className="page-head list-head">
      <h1>{t(`types.${type.name}.many`)}</h1>
      {view.hasBoard && <LayoutSwitch plural={type.plural} current="table" />}
      <ViewsMenu type={type} view={view} controls={controls} layout="table" columns={columns} />
      <span className="muted list-count" role="status">
        {count}
      </span>
      <span className="grow" />
      {may(type, 'create') && (
        <Button look="primary" icon="plus" onClick={onNew}>
          {t(`types.${type.name}.create`)}
        </Button>
      )}
    </div>
  );
}

/** The list of one noun: heading, filters, rows as a table or as cards, and the line of totals. */
export function RecordList({ type, view }: { type: RecordType; view: NounView }) {
  const controls = useListState(view.sort);
  const columns = useColumns(type, view);
  const result = useRecords(type, view, columns.shown, controls);
  const isPhone = useIsPhone();
  const [isCreating, setCreating] = useState(false);
  const openDrawer = useCallback(() => {
    setCreating(true);
  }, []);
  const isEmpty = result.records?.length === 0;
  const body = useMemo(() => {
    if (result.error) return <Failure error={result.error} />;
    if (isEmpty) return <NothingFound type={type} controls={controls} />;
    return isPhone ? (
      <RecordCards type={type} view={view} records={result.records} />
    ) : (
      <RecordTable
        type={type}
        columns={columns.shown}
        result={result}
        sort={controls.state.sort}
        onSort={controls.set}
      />
    );
  }, [result, isEmpty, isPhone, type, view, columns.shown, controls]);
  return (
    <div className="page list-page">
      <Heading
        type={type}
        view={view}
        controls={controls}
        columns={columns}
        result={result}
        onNew={openDrawer}
      />
      <ListToolbar type={type} view={view} controls={controls} columns={columns} />
      <div
        className={`card list-frame ${result.isStale ? 'stale' : ''}`}
        aria-busy={!result.records || result.isStale}
      >
        {body}
        <Pager type={type} result={result} controls={controls} pageSize={pageSize} />
      </div>
      {isCreating && (
        <RecordDrawer
          type={type}
          view={view}
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}
