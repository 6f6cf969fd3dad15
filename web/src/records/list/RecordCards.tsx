import { Link } from 'react-router';
import { fieldNamed } from '../../api/record-types.js';
import { asText, valueOf, type CrmRecord, type FieldType, type RecordType } from '../../api/types.js';
import { Skeleton } from '../../design/Skeleton.js';
import type { NounView } from '../noun-view.js';
import { rememberRecords } from '../seen-records.js';
import { titleOf } from '../title.js';
import { FieldValue } from '../values/FieldValue.js';

interface Props {
  type: RecordType;
  view: NounView;
  records: CrmRecord[] | undefined;
}

const skeletonCards = 12;

/** A card is one link, so what it shows of other records is plain text. */
function Line({ type, field, record }: { type: RecordType; field: FieldType; record: CrmRecord }) {
  if (field.kind === 'reference') {
    const linked = field.relation ? (record[field.relation] as { title: string | null } | null) : null;
    return <>{linked?.title ?? ''}</>;
  }
  if (field.kind === 'email' || field.kind === 'phone' || field.kind === 'url')
    return <>{asText(valueOf(record, field))}</>;
  return <FieldValue type={type} field={field} record={record} />;
}

function Card({ type, view, record }: { type: RecordType; view: NounView; record: CrmRecord }) {
  const field = (path: string | undefined) => (path ? fieldNamed(type, path) : undefined);
  const badge = field(view.card.badge);
  const value = field(view.card.value);
  const lines = view.card.lines
    .map(field)
    .filter((each): each is FieldType => each !== undefined && Boolean(valueOf(record, each)));
  return (
    <li>
      <Link to={`/${type.plural}/${record.id}`} className="record-card">
        <span className="row">
          <span className="grow ellipsis record-card-title">{titleOf(type, record)}</span>
          {badge && <FieldValue type={type} field={badge} record={record} />}
        </span>
        <span className="row">
          <span className="grow ellipsis muted record-card-lines">
            {lines.map((each) => (
              <span key={each.path}>
                <Line type={type} field={each} record={record} />
              </span>
            ))}
          </span>
          {value && (
            <b>
              <FieldValue type={type} field={value} record={record} />
            </b>
          )}
        </span>
      </Link>
    </li>
  );
}

export function RecordCards({ type, view, records }: Props) {
  if (records) rememberRecords(records);
  return (
    <ul className="record-cards">
      {records
        ? records.map((record) => <Card key={record.id} type={type} view={view} record={record} />)
        : Array.from({ length: skeletonCards }, (_, index) => (
            <li key={index} className="record-card">
              <Skeleton width="60%" />
              <Skeleton width="85%" />
            </li>
          ))}
    </ul>
  );
}
