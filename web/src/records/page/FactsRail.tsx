import { useState } from 'react';
import { fieldNamed } from '../../api/record-types.js';
import { isReplica } from '../../api/session.js';
import { asText, valueOf, type CrmRecord, type FieldType, type RecordType } from '../../api/types.js';
import { Icon } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import { Button } from '../../design/Button.js';
import { useIsPhone } from '../use-is-phone.js';
import type { NounView } from '../noun-view.js';
import { FieldValue } from '../values/FieldValue.js';
import { When } from '../values/When.js';
import { useLabels } from '../values/labels.js';
import { treatmentText } from '../values/treatment.js';

interface Props {
  type: RecordType;
  view: NounView;
  record: CrmRecord;
}

function Facts({ type, fields, record }: { type: RecordType; fields: FieldType[]; record: CrmRecord }) {
  const labels = useLabels(type);
  if (fields.length === 0) return null;
  return (
    <dl className="facts">
      {fields.map((field) => (
        <div key={field.path}>
          <dt>{labels.field(field)}</dt>
          <dd>
            <FieldValue type={type} field={field} record={record} isFull />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Which fields the policy keeps at home: said, so that nobody takes a gap for an empty field. */
function Omitted({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const omitted = type.fields.filter((field) => field.omitted);
  if (!isReplica() || omitted.length === 0) return null;
  return (
    <p className="omitted muted small">
      <Icon name="lock" isSmall /> {t('replica.omitted')}{' '}
      {omitted.map((field) => labels.field(field)).join(', ')}
    </p>
  );
}

/** Which fields hold less than at home: said, so that nobody takes the first of the month for the day. */
function Treated({ type }: { type: RecordType }) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const treated = type.fields.filter((field) => field.treated !== undefined);
  if (!isReplica() || treated.length === 0) return null;
  const name = (field: FieldType) => `${labels.field(field)} (${treatmentText(field.treated ?? '', t)})`;
  return (
    <p className="omitted muted small">
      <Icon name="lock" isSmall /> {t('replica.treated')} {treated.map(name).join(', ')}
    </p>
  );
}

/** The facts of a record beside its history. */
function AllFacts({ type, view, record }: Props) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const named = (paths: readonly string[]) =>
    paths
      .map((path) => fieldNamed(type, path))
      .filter((field): field is FieldType => field !== undefined && !field.omitted);
  const sometimes = named(view.factsIfSet ?? []).filter((field) => Boolean(valueOf(record, field)));
  const facts = [...named(view.facts), ...sometimes];
  const custom = type.fields.filter((field) => field.custom && !field.omitted);
  const long = type.fields.filter(
    (field) => field.kind === 'longText' && !field.omitted && Boolean(valueOf(record, field)),
  );
  return (
    <>
      <Facts type={type} fields={facts} record={record} />
      {custom.length > 0 && <h2 className="rail-head">{t('form.custom')}</h2>}
      <Facts type={type} fields={custom} record={record} />
      {long.map((field) => (
        <section key={field.path}>
          <h2 className="rail-head">{labels.field(field)}</h2>
          <p className="long-text">{asText(valueOf(record, field))}</p>
        </section>
      ))}
      <Treated type={type} />
      <Omitted type={type} />
      <p className="muted small rail-foot">
        {t('record.created')} <When value={record.createdAt} /> · {t('record.updated')}{' '}
        <When value={record.updatedAt} />
      </p>
    </>
  );
}

const factsOnPhone = 4;

/** On the phone the first facts only, so that the history is not pushed off the screen. */
export function FactsRail(props: Props) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const isShort = useIsPhone() && !isOpen;
  const first = props.view.facts
    .map((path) => fieldNamed(props.type, path))
    .filter((field): field is FieldType => field !== undefined && Boolean(valueOf(props.record, field)))
    .slice(0, factsOnPhone);
  return (
    <aside className="card rail" aria-label={t('record.facts')}>
      {isShort ? <Facts type={props.type} fields={first} record={props.record} /> : <AllFacts {...props} />}
      {isShort && (
        <Button
          look="quiet"
          className="rail-more"
          icon="down"
          onClick={() => {
            setOpen(true);
          }}
        >
          {t('record.allFacts')}
        </Button>
      )}
    </aside>
  );
}
