import './home.css';
import { useGetList, useStore } from 'ra-core';
import { useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { useRecordType } from '../../api/record-types.js';
import { currentSession } from '../../api/session.js';
import {
  asText,
  type CrmRecord,
  type FilterNode,
  type Linked,
  type Money,
  type RecordType,
} from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Icon } from '../../design/Icon.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useFormats, todayIn, useTimeZone } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { fromZonedInput } from '../../i18n/zoned.js';
import { asMeta } from '../../records/list-meta.js';
import { rememberRecords } from '../../records/seen-records.js';
import { Badge } from '../../records/values/Badge.js';
import { When } from '../../records/values/When.js';
import { DoneBox } from '../activities/DoneBox.js';
import { FollowingPanel } from '../following/FollowingPanel.js';
import { MentionsPanel } from '../mentions/MentionsPanel.js';
import { DealStage } from '../deals/DealStage.js';

type Reach = 'mine' | 'all';
const shownRows = 8;
const soonDays = 7;

const addDays = (day: string, days: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

interface PanelProps {
  title: string;
  plural: string;
  /** where "show all" leads */
  search: string;
  filter: FilterNode;
  sort: string;
  expand: string[];
  empty: string;
  row: (record: CrmRecord, type: RecordType) => ReactNode;
}

/** A list of things to do: title, count, at most eight rows, and the way to all of them. */
function Panel({ title, plural, search, filter, sort, expand, empty, row }: PanelProps) {
  const { t } = useTexts();
  const format = useFormats();
  const type = useRecordType(plural);
  const answer = useGetList<CrmRecord>(
    plural,
    { pagination: { page: 1, perPage: shownRows }, meta: { filter, sort, expand, count: true } },
    { enabled: type !== undefined && type.can.read !== 'none', retry: false },
  );
  const { data, total } = answer;
  if (!type || type.can.read === 'none') return null;
  if (data) rememberRecords(data);
  const isCapped = asMeta(answer.meta)?.countCapped ?? false;
  const count = total === undefined ? '' : `${format.number(total)}${isCapped ? '+' : ''}`;
  return (
    <section className="card panel">
      <header className="panel-head row">
        <h2>{title}</h2>
        <span className="muted">{count}</span>
        <span className="grow" />
        <Link to={`/${plural}?${search}`}>{t('home.all')}</Link>
      </header>
      {data?.length === 0 ? (
        <EmptyState title={empty} />
      ) : (
        <ul className="panel-rows">
          {data
            ? data.map((record) => <li key={record.id}>{row(record, type)}</li>)
            : Array.from({ length: shownRows }, (_, index) => (
                <li key={index} className="panel-row">
                  <Skeleton width="80%" />
                </li>
              ))}
        </ul>
      )}
    </section>
  );
}

const linkedTitle = (record: CrmRecord, relation: string) => (record[relation] as Linked | null)?.title ?? '';

function TaskRow({ record, type }: { record: CrmRecord; type: RecordType }) {
  const due = record['dueAt'];
  const isLate = typeof due === 'string' && Date.parse(due) < Date.now();
  const about = linkedTitle(record, 'deal') || linkedTitle(record, 'account') || linkedTitle(record, 'case');
  return (
    <div className="panel-row">
      <DoneBox key={record.version} type={type} activity={record} />
      <Link to={`/activities/${record.id}`} className="grow ellipsis panel-title">
        {asText(record['subject'])}
        <span className="muted panel-about"> {about}</span>
      </Link>
      {typeof due === 'string' && (
        <span className={isLate ? 'late-date' : 'muted'}>
          <When value={due} />
        </span>
      )}
    </div>
  );
}

function DealRow({ record }: { record: CrmRecord }) {
  const format = useFormats();
  const closes = record['closeDate'];
  const amount = record['amount'] as Money | null;
  return (
    <Link to={`/deals/${record.id}`} className="panel-row">
      <span className="grow ellipsis panel-title">{asText(record['name'])}</span>
      <DealStage record={record} />
      <span className="panel-amount number">{amount && format.money(amount)}</span>
      <span className="panel-when muted number">
        {typeof closes === 'string' && <When value={closes} isDay />}
      </span>
    </Link>
  );
}

function CaseRow({ record }: { record: CrmRecord }) {
  const { find } = useTexts();
  const received = record['receivedOn'];
  const priority = asText(record['priority']);
  return (
    <Link to={`/cases/${record.id}`} className="panel-row">
      <span className="grow ellipsis panel-title">
        {asText(record['subject'])}
        <span className="muted panel-about"> {linkedTitle(record, 'account')}</span>
      </span>
      {(priority === 'urgent' || priority === 'high') && (
        <Badge value={priority} label={find(`options.${priority}`) ?? priority} />
      )}
      <Badge value={asText(record['status'])} label={find(`options.${asText(record['status'])}`) ?? ''} />
      <span className="panel-when muted number">
        {typeof received === 'string' && <When value={received} isDay />}
      </span>
    </Link>
  );
}

function NoteRow({ record }: { record: CrmRecord }) {
  const about = linkedTitle(record, 'deal') || linkedTitle(record, 'account') || linkedTitle(record, 'case');
  const kind = asText(record['kind']);
  return (
    <Link to={`/activities/${record.id}`} className="panel-row">
      <Icon name={kind === 'call' ? 'call' : kind === 'meeting' ? 'meeting' : 'note'} isSmall />
      <span className="grow ellipsis panel-title">
        {asText(record['subject'])}
        <span className="muted panel-about"> {about}</span>
      </span>
      <span className="panel-when muted number">
        <When value={record.createdAt} />
      </span>
    </Link>
  );
}

/** The filters of the day; each is also the address of the full list. */
function useDay(reach: Reach) {
  const { user } = currentSession();
  const timeZone = useTimeZone();
  return useMemo(() => {
    const owner: FilterNode[] = reach === 'mine' ? [{ field: 'ownerId', op: 'eq', value: user.id }] : [];
    const owners = reach === 'mine' ? { ownerId: [user.id] } : {};
    const until = fromZonedInput(`${addDays(todayIn(timeZone), soonDays)}T00:00`, timeZone);
    const search = (facets: Record<string, string[]>, sort: string) =>
      new URLSearchParams({ f: JSON.stringify({ ...facets, ...owners }), sort }).toString();
    const written = ['note', 'call', 'meeting'];
    const openCases = ['new', 'open', 'waiting'];
    return {
      tasks: {
        filter: {
          and: [
            { field: 'kind', op: 'eq', value: 'task' },
            { field: 'done', op: 'eq', value: false },
            { field: 'dueAt', op: 'lt', value: until },
            ...owner,
          ],
        } satisfies FilterNode,
        search: search({ kind: ['task'], done: ['false'] }, 'dueAt'),
      },
      deals: {
        filter: { and: [{ field: 'status', op: 'eq', value: 'open' }, ...owner] } satisfies FilterNode,
        search: search({ status: ['open'] }, 'closeDate'),
      },
      notes: {
        filter: { and: [{ field: 'kind', op: 'in', value: written }, ...owner] } satisfies FilterNode,
        search: search({ kind: written }, '-createdAt'),
      },
      cases: {
        filter: { and: [{ field: 'status', op: 'in', value: openCases }, ...owner] } satisfies FilterNode,
        search: search({ status: openCases }, 'receivedOn'),
      },
    };
  }, [reach, user.id, timeZone]);
}

function greeting(timeZone: string): string {
  const hour = Number(
    new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone }).format(),
  );
  return hour < 11 ? 'morning' : hour < 18 ? 'day' : 'evening';
}

/** What this person must do today. */
export function Home() {
  const { t } = useTexts();
  const timeZone = useTimeZone();
  const { user } = currentSession();
  const [reach, setReach] = useStore<Reach>('home.reach', 'mine');
  const day = useDay(reach);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t(`home.greetings.${greeting(timeZone)}`, { name: user.name.split(' ')[0] ?? '' })}</h1>
        <span className="grow" />
        <div className="row segments" role="group" aria-label={t('home.reach')}>
          {(['mine', 'all'] as const).map((each) => (
            <Button
              key={each}
              className={each === reach ? 'active' : ''}
              aria-pressed={each === reach}
              onClick={() => {
                setReach(each);
              }}
            >
              {t(`home.reaches.${each}`)}
            </Button>
          ))}
        </div>
      </div>
      <div className="panels">
        <MentionsPanel />
        <Panel
          {...day.tasks}
          title={t('home.tasks')}
          plural="activities"
          sort="dueAt"
          expand={['dealId', 'accountId', 'caseId']}
          empty={t('home.noTasks')}
          row={(record, type) => <TaskRow record={record} type={type} />}
        />
        <Panel
          {...day.deals}
          title={t('home.deals')}
          plural="deals"
          sort="closeDate"
          expand={[]}
          empty={t('home.noDeals')}
          row={(record) => <DealRow record={record} />}
        />
        <Panel
          {...day.cases}
          title={t('home.cases')}
          plural="cases"
          sort="receivedOn"
          expand={['accountId']}
          empty={t('home.noCases')}
          row={(record) => <CaseRow record={record} />}
        />
        <Panel
          {...day.notes}
          title={t('home.notes')}
          plural="activities"
          sort="-createdAt"
          expand={['dealId', 'accountId', 'caseId']}
          empty={t('home.noNotes')}
          row={(record) => <NoteRow record={record} />}
        />
        <FollowingPanel />
      </div>
    </div>
  );
}
