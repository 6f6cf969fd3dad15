import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useRecordTypes } from '../../api/record-types.js';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { outgoingRecord } from './cloud-api.js';
import { useTypeName } from './use-type-name.js';

/** What exactly would leave of one record, under the policy in force or under the text that is being written. */
export function TryRecord({ yaml }: { yaml: string | null }) {
  const { t, find } = useTexts();
  const id = useId();
  const types = useRecordTypes();
  const typeName = useTypeName();
  const [type, setType] = useState('account');
  const [record, setRecord] = useState('');
  const asked = useMutation({ mutationFn: () => outgoingRecord(type, record.trim(), yaml) });
  return (
    <details className="try-record">
      <summary>{t('cloud.try.title')}</summary>
      <form
        className="row wrap"
        onSubmit={(event) => {
          event.preventDefault();
          asked.mutate();
        }}
      >
        <label htmlFor={`${id}-type`}>{t('cloud.type')}</label>
        <select
          id={`${id}-type`}
          className="input"
          value={type}
          onChange={(event) => {
            setType(event.target.value);
          }}
        >
          {types.map(({ name }) => (
            <option key={name} value={name}>
              {typeName(name)}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-record`}>{t('cloud.try.id')}</label>
        <input
          id={`${id}-record`}
          className="input grow"
          value={record}
          onChange={(event) => {
            setRecord(event.target.value);
          }}
        />
        <Button type="submit" disabled={record.trim() === '' || asked.isPending}>
          {t('cloud.try.ask')}
        </Button>
      </form>
      {asked.error && <p className="notice bad">{problemText(asked.error, t)}</p>}
      {asked.data?.row && (
        <pre className="yaml wrap-lines" tabIndex={0} aria-label={t('cloud.try.row')}>
          {asked.data.row}
        </pre>
      )}
      {asked.data && !asked.data.leaves && (
        <div>
          <p>{t('cloud.try.stays')}</p>
          <ul>
            {asked.data.reasons.map(({ code, through, message }) => (
              <li key={message}>
                {find(`cloud.try.reasons.${code}`) ?? message} {through && <code>{through}</code>}
              </li>
            ))}
          </ul>
        </div>
      )}
    </details>
  );
}
