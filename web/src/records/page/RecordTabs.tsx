import { useGetList } from 'ra-core';
import { Suspense, type KeyboardEvent } from 'react';
import { useSearchParams } from 'react-router';
import { useRecordTypes } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { asMeta } from '../list-meta.js';
import type { NounView, RelatedSpec } from '../noun-view.js';
import { RelatedList } from './RelatedList.js';
import { Timeline } from './Timeline.js';

interface Props {
  type: RecordType;
  view: NounView;
  record: CrmRecord;
}

const timelineTab = 'timeline';

interface TabProps {
  id: string;
  label: string;
  isCurrent: boolean;
  onChoose: (id: string) => void;
  count?: string | undefined;
}

function Tab({ id, label, isCurrent, onChoose, count }: TabProps) {
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${id}`}
      aria-selected={isCurrent}
      aria-controls="tab-panel"
      tabIndex={isCurrent ? 0 : -1}
      className="tab"
      onClick={() => {
        onChoose(id);
      }}
    >
      {label}
      <span className="muted small tab-count">{count}</span>
    </button>
  );
}

function RelatedTab({ related, record, ...tab }: TabProps & { related: RelatedSpec; record: CrmRecord }) {
  const format = useFormats();
  const answer = useGetList(related.plural, {
    pagination: { page: 1, perPage: 1 },
    meta: { filter: { field: related.via, op: 'eq', value: record.id }, fields: ['id'], count: true },
  });
  const { total } = answer;
  const isCapped = asMeta(answer.meta)?.countCapped ?? false;
  return (
    <Tab {...tab} count={total === undefined ? undefined : `${format.number(total)}${isCapped ? '+' : ''}`} />
  );
}

function RelatedTabPanel({ related, record }: { related: RelatedSpec; record: CrmRecord }) {
  const { component: Own } = related;
  return Own ? <Own record={record} /> : <RelatedList related={related} record={record} />;
}

/** Left and right move between the tabs, as the ARIA pattern says. */
function moveBetweenTabs(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = tabs.indexOf(document.activeElement as HTMLElement);
  const next = tabs[(at + step + tabs.length) % tabs.length];
  next?.focus();
  next?.click();
}

/** The history first, then what belongs to the record. The open tab is in the address. */
export function RecordTabs({ type, view, record }: Props) {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const readable = new Map(
    useRecordTypes()
      .filter((each) => each.can.read !== 'none')
      .map((each) => [each.plural, each.name]),
  );
  const related = view.related.filter((each) => readable.has(each.plural));
  const tabId = (each: RelatedSpec) =>
    each.plural === type.plural ? `${each.plural}-${each.via}` : each.plural;
  const wanted = params.get('tab') ?? timelineTab;
  const shown = related.find((each) => tabId(each) === wanted);
  const current = shown ? wanted : timelineTab;
  const choose = (id: string) => {
    setParams(id === timelineTab ? {} : { tab: id }, { replace: true });
  };
  const nameOf = (each: RelatedSpec) =>
    t(each.name ?? `types.${readable.get(each.plural) ?? each.plural}.many`);
  return (
    <section className="card record-main">
      <div className="tabs" role="tablist" aria-label={t('record.tabs')} onKeyDown={moveBetweenTabs}>
        <Tab id={timelineTab} label={t('record.timeline')} isCurrent={!shown} onChoose={choose} />
        {related.map((each) => (
          <RelatedTab
            key={tabId(each)}
            id={tabId(each)}
            label={nameOf(each)}
            isCurrent={each === shown}
            onChoose={choose}
            related={each}
            record={record}
          />
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current}`} tabIndex={-1}>
        <Suspense fallback={<Skeleton width="60%" height={24} />}>
          {shown ? (
            <RelatedTabPanel related={shown} record={record} />
          ) : (
            <Timeline type={type} record={record} />
          )}
        </Suspense>
      </div>
    </section>
  );
}
