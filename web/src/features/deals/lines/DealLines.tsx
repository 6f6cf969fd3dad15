import './lines.css';
import { useQueryClient } from '@tanstack/react-query';
import { useDataProvider, useGetList } from 'ra-core';
import { useState, type FocusEvent } from 'react';
import type { dataProvider } from '../../../api/data-provider.js';
import { may, useRecordType } from '../../../api/record-types.js';
import { asText, type CrmRecord, type Money, type RecordType } from '../../../api/types.js';
import { IconButton } from '../../../design/Button.js';
import { EmptyState } from '../../../design/EmptyState.js';
import { Skeleton } from '../../../design/Skeleton.js';
import { useFormats } from '../../../i18n/format.js';
import { useTexts } from '../../../i18n/texts.js';
import { Failure, problemText } from '../../../records/Failure.js';
import { ReferenceInput } from '../../../records/form/ReferenceInput.js';
import { useSave } from '../../../records/form/use-save.js';
import { useLabels } from '../../../records/values/labels.js';
import { toast } from '../../../shell/toast-list.js';
import { currencyOf, draftOf, linePatch, totalOf, type LineDraft } from './line-draft.js';

const mostLines = 200;

interface RowProps {
  type: RecordType;
  line: CrmRecord;
  isEditable: boolean;
}

/** Keeps what is typed and saves it when the row is left, as in a spreadsheet. */
function useLine({ type, line }: RowProps) {
  const { t } = useTexts();
  const save = useSave(type);
  const [draft, setDraft] = useState(() => draftOf(line));
  const commit = async () => {
    const patch = linePatch(line, draft);
    if (Object.keys(patch).length === 0) return;
    try {
      await save(patch, line);
    } catch (error) {
      toast(problemText(error, t));
      setDraft(draftOf(line));
    }
  };
  return { draft, setDraft, commit };
}

function useRemove(type: RecordType) {
  const { t } = useTexts();
  const client = useQueryClient();
  const provider = useDataProvider<typeof dataProvider>();
  const attempt = async (action: () => Promise<unknown>, then: () => void) => {
    try {
      await action();
      await client.invalidateQueries();
      then();
    } catch (error) {
      toast(problemText(error, t));
    }
  };
  return (line: CrmRecord) => {
    const restore = () =>
      attempt(
        () => provider.restore(type.plural, line.id),
        () => {
          toast(t('record.restored', { name: asText(line['name']) }));
        },
      );
    return attempt(
      () => provider.delete(type.plural, { id: line.id, previousData: line }),
      () => {
        const undo = { label: t('action.undo'), run: () => void restore() };
        toast(t('lines.removed', { name: asText(line['name']) }), undo);
      },
    );
  };
}

function Cell({
  path,
  row,
  draft,
  onChange,
}: {
  path: keyof LineDraft;
  row: RowProps;
  draft: LineDraft;
  onChange: (draft: LineDraft) => void;
}) {
  const { t } = useTexts();
  const labels = useLabels(row.type);
  const field = labels.path(path);
  const isName = path === 'name';
  return (
    <td className={isName ? '' : 'number'} data-label={field}>
      {row.isEditable ? (
        <input
          className={`input dense ${isName ? '' : 'number'}`}
          {...(isName ? {} : { inputMode: 'decimal' as const })}
          aria-label={t('lines.of', { field, name: asText(row.line['name']) })}
          value={draft[path]}
          onChange={(event) => {
            onChange({ ...draft, [path]: event.target.value });
          }}
        />
      ) : (
        draft[path]
      )}
    </td>
  );
}

function Row(props: RowProps) {
  const { type, line, isEditable } = props;
  const { t } = useTexts();
  const format = useFormats();
  const labels = useLabels(type);
  const remove = useRemove(type);
  const { draft, setDraft, commit } = useLine(props);
  const total = totalOf(draft, currencyOf(line));
  const onBlur = (event: FocusEvent<HTMLTableRowElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) void commit();
  };
  return (
    <tr
      onBlur={onBlur}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && event.target instanceof HTMLInputElement) void commit();
      }}
    >
      {(['name', 'quantity', 'unitPrice', 'discountPercent'] as const).map((path) => (
        <Cell key={path} path={path} row={props} draft={draft} onChange={setDraft} />
      ))}
      <td className="number" data-label={labels.path('total')}>
        {total ? format.money(total) : '–'}
      </td>
      {isEditable && (
        <td className="line-remove">
          <IconButton
            icon="trash"
            label={t('lines.remove', { name: asText(line['name']) })}
            onClick={() => void remove(line)}
          />
        </td>
      )}
    </tr>
  );
}

function AddLine({ type, deal }: { type: RecordType; deal: CrmRecord }) {
  const { t } = useTexts();
  const save = useSave(type);
  const add = async (productId: string | null) => {
    if (productId === null) return;
    try {
      await save({ dealId: deal.id, productId } as unknown as CrmRecord, undefined);
    } catch (error) {
      toast(problemText(error, t));
    }
  };
  return (
    <div className="line-add">
      <ReferenceInput
        target="product"
        label={t('lines.add')}
        placeholder={t('lines.add')}
        value={null}
        onChange={(id) => void add(id)}
      />
    </div>
  );
}

function Lines({ type, deal }: { type: RecordType; deal: CrmRecord }) {
  const { t } = useTexts();
  const format = useFormats();
  const labels = useLabels(type);
  const { data, error } = useGetList<CrmRecord>(type.plural, {
    pagination: { page: 1, perPage: mostLines },
    meta: { filter: { field: 'dealId', op: 'eq', value: deal.id }, sort: 'position' },
  });
  const isEditable = may(type, 'update');
  const amount = deal['amount'] as Money | null;
  if (error) return <Failure error={error} />;
  if (!data) return <Skeleton width="60%" height={24} />;
  const numbers = ['quantity', 'unitPrice', 'discountPercent', 'total'] as const;
  return (
    <>
      {data.length === 0 ? (
        <EmptyState title={t('lines.empty')} {...(isEditable ? { hint: t('lines.emptyHint') } : {})} />
      ) : (
        <table className="table lines">
          <thead>
            <tr>
              <th>{labels.path('productId')}</th>
              {numbers.map((path) => (
                <th key={path} className="number">
                  {labels.path(path)}
                </th>
              ))}
              {isEditable && <td aria-hidden="true" className="line-remove" />}
            </tr>
          </thead>
          <tbody>
            {data.map((line) => (
              <Row
                key={`${line.id}-${String(line.version)}`}
                type={type}
                line={line}
                isEditable={isEditable}
              />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <td colSpan={4}>{t('lines.sum')}</td>
              <td className="number">{amount ? format.money(amount) : '–'}</td>
              {isEditable && <td />}
            </tr>
          </tfoot>
        </table>
      )}
      {may(type, 'create') && <AddLine type={type} deal={deal} />}
    </>
  );
}

/** The products on a deal, edited in place; their sum is the deal's amount. */
export default function DealLines({ record }: { record: CrmRecord }) {
  const type = useRecordType('deal-lines');
  return type ? <Lines type={type} deal={record} /> : null;
}
