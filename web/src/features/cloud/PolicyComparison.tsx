import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { Allowances } from './Allowances.js';
import { previewPolicy, type TypePreview } from './cloud-api.js';
import { useTypeName } from './use-type-name.js';

const isSame = ({ enters, leaves, fields, attachments }: TypePreview): boolean =>
  enters.count + leaves.count + fields.enter.length + fields.leave.length + fields.changed.length === 0 &&
  (attachments?.enters.count ?? 0) + (attachments?.leaves.count ?? 0) === 0;

/** What would enter and leave against the policy in force; asked for, because it reads every record. */
export function PolicyComparison({ yaml }: { yaml: string }) {
  const { t } = useTexts();
  const [asked, setAsked] = useState<string | null>(null);
  const { data, error, isFetching } = useQuery({
    queryKey: ['cloud', 'preview', asked],
    queryFn: ({ signal }) => previewPolicy(asked ?? '', signal),
    enabled: asked !== null,
    retry: false,
  });
  const changes = (data?.types ?? []).filter((type) => !isSame(type));
  const isCurrent = asked === yaml && data !== undefined;
  return (
    <div className="stack">
      <div>
        <Button
          disabled={isFetching || isCurrent}
          onClick={() => {
            setAsked(yaml);
          }}
        >
          {isFetching ? t('cloud.comparing') : t('cloud.compare')}
        </Button>
      </div>
      {error && <p className="notice bad">{problemText(error, t)}</p>}
      {isCurrent && changes.length === 0 && <p className="muted">{t('cloud.unchanged')}</p>}
      {isCurrent && <Allowances allow={data.allow} />}
      {isCurrent && changes.map((type) => <TypeChange key={type.type} change={type} />)}
    </div>
  );
}

function TypeChange({ change }: { change: TypePreview }) {
  const { t } = useTexts();
  const typeName = useTypeName();
  const { enters, leaves, fields, attachments } = change;
  const names = (movement: TypePreview['enters']) =>
    movement.samples.map(({ id, title }) => title ?? id).join(', ') +
    (movement.count > movement.samples.length ? ' …' : '');
  const lines = [
    ...(enters.count > 0 ? [[t('cloud.enter', { count: enters.count }), names(enters)]] : []),
    ...(leaves.count > 0 ? [[t('cloud.leave', { count: leaves.count }), names(leaves)]] : []),
    ...(fields.enter.length > 0 ? [[t('cloud.fieldsEnter'), fields.enter.join(', ')]] : []),
    ...(fields.leave.length > 0 ? [[t('cloud.fieldsLeave'), fields.leave.join(', ')]] : []),
    ...(fields.changed.length > 0
      ? [[t('cloud.fieldsChanged'), fields.changed.map(({ field, then }) => `${field} (${then})`).join(', ')]]
      : []),
    ...(attachments
      ? [[t('cloud.files', { now: attachments.now.count, then: attachments.then.count }), '']]
      : []),
  ];
  return (
    <section>
      <strong>{typeName(change.type)}</strong>
      <ul className="small">
        {lines.map(([what, which]) => (
          <li key={what}>
            {what} <span className="muted">{which}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
