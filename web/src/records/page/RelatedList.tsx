import { useGetList } from 'ra-core';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { fieldNamed, may, useRecordTypes } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { EmptyState } from '../../design/EmptyState.js';
import { useTexts } from '../../i18n/texts.js';
import { viewOf } from '../../features/views.js';
import { Failure } from '../Failure.js';
import { RecordDrawer } from '../form/RecordDrawer.js';
import { RecordCards } from '../list/RecordCards.js';
import { RecordTable } from '../list/RecordTable.js';
import { toColumns } from '../list/use-columns.js';
import type { NounView, RelatedSpec } from '../noun-view.js';
import { useIsPhone } from '../use-is-phone.js';

interface Props {
  related: RelatedSpec;
  record: CrmRecord;
}

const shownRows = 25;

function useRelated(type: RecordType, related: RelatedSpec, record: CrmRecord, sort: string) {
  const columns = useMemo(() => toColumns(type, related.columns), [type, related]);
  const expand = columns.filter(({ field }) => field.kind === 'reference').map(({ field }) => field.name);
  const answer = useGetList<CrmRecord>(related.plural, {
    pagination: { page: 1, perPage: shownRows },
    meta: { filter: { field: related.via, op: 'eq', value: record.id }, sort, expand },
  });
  return { ...answer, columns };
}

function List({ type, view, related, record }: Props & { type: RecordType; view: NounView }) {
  const { t } = useTexts();
  const [sort, setSort] = useState(related.sort);
  const [isCreating, setCreating] = useState(false);
  const isPhone = useIsPhone();
  const { data, columns, pageInfo, error } = useRelated(type, related, record, sort);
  if (error) return <Failure error={error} />;
  const all = `/${related.plural}?where=${encodeURIComponent(
    JSON.stringify([{ field: related.via, op: 'eq', value: record.id }]),
  )}`;
  const result = {
    records: data,
    nextCursor: null,
    count: undefined,
    isCountCapped: false,
    isStale: false,
    error: null,
  };
  return (
    <div className="related">
      {data?.length === 0 ? (
        <EmptyState title={t(`types.${type.name}.none`)} />
      ) : isPhone ? (
        <RecordCards type={type} view={view} records={data} />
      ) : (
        <RecordTable
          type={type}
          columns={columns}
          result={result}
          sort={sort}
          onSort={(change) => {
            setSort(change.sort);
          }}
        />
      )}
      <div className="row related-foot">
        {may(type, 'create') && fieldNamed(type, related.via) && (
          <Button
            icon="plus"
            onClick={() => {
              setCreating(true);
            }}
          >
            {t(`types.${type.name}.create`)}
          </Button>
        )}
        {pageInfo?.hasNextPage && <Link to={all}>{t('record.showAll')}</Link>}
      </div>
      {isCreating && (
        <RecordDrawer
          type={type}
          view={view}
          preset={{ [related.via]: record.id }}
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
    </div>
  );
}

/** Records that point to this one. */
export function RelatedList({ related, record }: Props) {
  const type = useRecordTypes().find((each) => each.plural === related.plural);
  const view = viewOf(related.plural);
  if (!type || !view) return null;
  return (
    <List key={related.plural + related.via} type={type} view={view} related={related} record={record} />
  );
}
