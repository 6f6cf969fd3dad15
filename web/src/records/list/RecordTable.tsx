import type { KeyboardEvent } from 'react';
import { Link, useNavigate } from 'react-router';
import type { CrmRecord, Money, RecordType } from '../../api/types.js';
import { valueOf } from '../../api/types.js';
import { Icon } from '../../design/Icon.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { rememberRecords } from '../seen-records.js';
import { FieldValue, isNumeric } from '../values/FieldValue.js';
import { useLabels } from '../values/labels.js';
import type { ListResult } from './list-result.js';
import { sumsByCurrency } from './sums.js';
import type { Column } from './use-columns.js';

interface Props {
  type: RecordType;
  columns: Column[];
  result: ListResult;
  sort: string;
  onSort: (change: { sort: string }) => void;
}

const skeletonRows = 20;

function HeadCell({ type, column, sort, onSort }: Omit<Props, 'columns' | 'result'> & { column: Column }) {
  const labels = useLabels(type);
  const { path } = column.field;
  const [first = ''] = sort.split(',');
  const isSorted = first.replace('-', '') === path;
  const direction = first.startsWith('-') ? 'descending' : 'ascending';
  const label = labels.field(column.field);
  const className = isNumeric(column.field) ? 'number' : '';
  if (!column.field.sortable) return <th className={className}>{label}</th>;
  return (
    <th className={className} aria-sort={isSorted ? direction : 'none'}>
      <button
        type="button"
        className="sort"
        onClick={() => {
          onSort({ sort: isSorted && direction === 'ascending' ? `-${path}` : path });
        }}
      >
        <span className="ellipsis">{label}</span>
        {isSorted && <Icon name={direction === 'ascending' ? 'up' : 'down'} isSmall />}
      </button>
    </th>
  );
}

/** Up and down move between the rows' links, as in any list of files. */
function moveBetweenRows(event: KeyboardEvent<HTMLTableSectionElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a.row-link')];
  const row = document.activeElement?.closest('tr');
  const at = links.findIndex((link) => link.closest('tr') === row);
  links[at + step]?.focus();
  event.preventDefault();
}

function Row({ type, columns, record }: { type: RecordType; columns: Column[]; record: CrmRecord }) {
  const navigate = useNavigate();
  const path = `/${type.plural}/${record.id}`;
  return (
    <tr
      onClick={(event) => {
        const isLink = (event.target as HTMLElement).closest('a,button');
        if (!isLink && window.getSelection()?.toString() === '') void navigate(path);
      }}
    >
      {columns.map(({ field }, index) => (
        <td key={field.path} className={isNumeric(field) ? 'number' : ''}>
          {index === 0 && field.kind !== 'reference' ? (
            <Link to={path} className="row-link">
              <FieldValue type={type} field={field} record={record} />
            </Link>
          ) : (
            <FieldValue type={type} field={field} record={record} />
          )}
        </td>
      ))}
    </tr>
  );
}

function SumRow({ columns, records }: { columns: Column[]; records: CrmRecord[] }) {
  const { t } = useTexts();
  const format = useFormats();
  if (!columns.some((column) => column.field.kind === 'money')) return null;
  const sums = (column: Column) => {
    const values = records.map((record) => valueOf(record, column.field) as Money | null);
    return sumsByCurrency(values)
      .map((sum) => format.money(sum))
      .join(' + ');
  };
  return (
    <tfoot>
      <tr>
        {columns.map((column, index) => (
          <td key={column.path} className={isNumeric(column.field) ? 'number' : ''}>
            {index === 0 ? t('list.pageTotal') : column.field.kind === 'money' ? sums(column) : null}
          </td>
        ))}
      </tr>
    </tfoot>
  );
}

export function RecordTable({ type, columns, result, sort, onSort }: Props) {
  const { t } = useTexts();
  const { records } = result;
  if (records) rememberRecords(records);
  return (
    <div className="table-scroll" tabIndex={-1}>
      <table className="table" style={{ minWidth: columns.reduce((sum, column) => sum + column.widthPx, 0) }}>
        <caption className="unseen">{t(`types.${type.name}.many`)}</caption>
        <colgroup>
          {columns.map((column) => (
            <col key={column.path} style={{ width: column.widthPx }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.path} type={type} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={moveBetweenRows}>
          {records
            ? records.map((record) => <Row key={record.id} type={type} columns={columns} record={record} />)
            : Array.from({ length: skeletonRows }, (_, index) => (
                <tr key={index}>
                  {columns.map((column) => (
                    <td key={column.path}>
                      <Skeleton width="70%" />
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
        {records && <SumRow columns={columns} records={records} />}
      </table>
    </div>
  );
}
