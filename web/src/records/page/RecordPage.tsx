import './record.css';
import '../list/list.css';
import { useGetOne } from 'ra-core';
import { Suspense, lazy, useEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { fieldNamed, useRecordType } from '../../api/record-types.js';
import type { CrmRecord, FieldType, RecordType } from '../../api/types.js';
import { Skeleton } from '../../design/Skeleton.js';
import { FollowButton } from '../../features/following/FollowButton.js';
import { rememberVisit } from '../../features/search/recent-records.js';
import { viewOf } from '../../features/views.js';
import { NotFound } from '../../shell/NotFound.js';
import { Failure } from '../Failure.js';
import { RecordDrawer } from '../form/RecordDrawer.js';
import type { NounView } from '../noun-view.js';
import { seenRecord } from '../seen-records.js';
import { titleOf } from '../title.js';
import { FieldValue } from '../values/FieldValue.js';
import { FactsRail } from './FactsRail.js';
import { RecordActions } from './RecordActions.js';
import { RecordTabs } from './RecordTabs.js';

const FilesPanel = lazy(() => import('../../features/files/FilesPanel.js'));

const expandOf = (type: RecordType) =>
  type.fields
    .filter((field) => field.kind === 'reference' && !field.omitted && field.relation !== field.name)
    .map((field) => field.name);

function Header({ type, view, record, onEdit }: Props & { onEdit: () => void }) {
  const badges = view.badges
    .map((path) => fieldNamed(type, path))
    .filter((field): field is FieldType => field !== undefined);
  return (
    <header className="page-head">
      <h1>{titleOf(type, record)}</h1>
      {badges.map((field) => (
        <FieldValue key={field.path} type={type} field={field} record={record} />
      ))}
      <span className="grow" />
      <FollowButton type={type} record={record} />
      {view.action && <view.action type={type} record={record} />}
      <RecordActions type={type} record={record} onEdit={onEdit} />
    </header>
  );
}

interface Props {
  type: RecordType;
  view: NounView;
  record: CrmRecord;
}

function PageSkeleton() {
  return (
    <div className="page" aria-busy="true">
      <div className="page-head">
        <Skeleton width={280} height={24} />
      </div>
      <div className="record-columns">
        <div className="card record-main" />
        <div className="card rail" />
      </div>
    </div>
  );
}

function Page({ type, view, id }: { type: RecordType; view: NounView; id: string }) {
  const expand = useMemo(() => expandOf(type), [type]);
  const [isEditing, setEditing] = useState(false);
  const { data, error } = useGetOne<CrmRecord>(
    type.plural,
    { id, meta: { expand } },
    { placeholderData: seenRecord(id), retry: false },
  );
  const title = data && titleOf(type, data);
  useEffect(() => {
    if (title) rememberVisit({ type: type.name, id, title });
  }, [type, id, title]);
  if (error && !data) return <Failure error={error} />;
  if (!data) return <PageSkeleton />;
  return (
    <div className="page">
      <Header
        type={type}
        view={view}
        record={data}
        onEdit={() => {
          setEditing(true);
        }}
      />
      <div className="record-columns">
        <RecordTabs type={type} view={view} record={data} />
        <div className="record-side">
          <FactsRail type={type} view={view} record={data} />
          <Suspense fallback={null}>
            <FilesPanel type={type} record={data} />
          </Suspense>
        </div>
      </div>
      {isEditing && (
        <RecordDrawer
          type={type}
          view={view}
          record={data}
          onClose={() => {
            setEditing(false);
          }}
        />
      )}
    </div>
  );
}

export default function RecordPage() {
  const { plural = '', id = '' } = useParams();
  const type = useRecordType(plural);
  const view = viewOf(plural);
  if (!type || !view) return <NotFound />;
  return <Page key={id} type={type} view={view} id={id} />;
}
