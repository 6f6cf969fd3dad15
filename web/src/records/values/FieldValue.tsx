import { Link } from 'react-router';
import { useRecordTypes } from '../../api/record-types.js';
import {
  asText,
  valueOf,
  type CrmRecord,
  type FieldType,
  type Linked,
  type Money,
  type RecordType,
} from '../../api/types.js';
import { TagChips } from '../../features/tags/TagChips.js';
import { viewOf } from '../../features/views.js';
import { useFormats } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { Badge } from './Badge.js';
import { When } from './When.js';
import { useLabels } from './labels.js';

interface Props {
  type: RecordType;
  field: FieldType;
  record: CrmRecord;
  /** dates in full beside the relative form, for the rail */
  isFull?: boolean;
}

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

function Reference({ field, record }: Props) {
  const { t } = useTexts();
  const types = useRecordTypes();
  const linked = field.relation ? (record[field.relation] as Linked | null | undefined) : undefined;
  const id = linked?.id ?? (record[field.name] as string);
  const target = types.find((each) => each.name === field.target);
  const name = linked?.title ?? t('record.notVisible');
  if (!target || !linked?.title || !viewOf(target.plural)) return <span className="muted">{name}</span>;
  return <Link to={`/${target.plural}/${id}`}>{name}</Link>;
}

/** Web addresses come from people: only http and https become links. */
function WebLink({ value }: { value: string }) {
  const href = /^https?:\/\//i.test(value) ? value : null;
  const shown = value.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, '');
  if (!href) return <>{value}</>;
  return (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {shown}
    </a>
  );
}

function DateValue({ field, value, isFull }: { field: FieldType; value: string; isFull: boolean }) {
  const format = useFormats();
  const isDay = field.kind === 'date';
  if (!isFull) return <When value={value} isDay={isDay} />;
  return (
    <span>
      {isDay ? format.day(value) : format.time(value)}{' '}
      <span className="muted small">
        (<When value={value} isDay={isDay} />)
      </span>
    </span>
  );
}

/** One field of a record, shown as its kind deserves. */
export function FieldValue(props: Props) {
  const { type, field, record, isFull = false } = props;
  const { t } = useTexts();
  const format = useFormats();
  const labels = useLabels(type);
  const Renderer = viewOf(type.plural)?.renderers?.[field.path];
  const value = valueOf(record, field);
  if (isEmpty(value)) return isFull ? <span className="muted">–</span> : null;
  if (Renderer) return <Renderer record={record} />;
  switch (field.kind) {
    case 'reference':
      return <Reference {...props} />;
    case 'tags':
      return <TagChips value={value} />;
    case 'money':
      return <>{format.money(value as Money)}</>;
    case 'integer':
      return <>{field.name.startsWith('year') ? asText(value) : format.number(value as number)}</>;
    case 'decimal':
      return <>{format.number(Number(value))}</>;
    case 'boolean':
      return <>{t(value === true ? 'value.yes' : 'value.no')}</>;
    case 'choice':
      return field.custom ? (
        <>{asText(value)}</>
      ) : (
        <Badge value={asText(value)} label={labels.option(field, asText(value))} />
      );
    case 'date':
    case 'dateTime':
      return <DateValue field={field} value={asText(value)} isFull={isFull} />;
    case 'email':
      return <a href={`mailto:${asText(value)}`}>{asText(value)}</a>;
    case 'phone':
      return asText(value).includes('*') ? (
        <>{asText(value)}</>
      ) : (
        <a href={`tel:${asText(value).replace(/[^+\d]/g, '')}`}>{asText(value)}</a>
      );
    case 'url':
      return <WebLink value={asText(value)} />;
    default:
      return <>{asText(value)}</>;
  }
}

export const isNumeric = (field: FieldType): boolean =>
  field.kind === 'money' || field.kind === 'integer' || field.kind === 'decimal';
