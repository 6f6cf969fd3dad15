import { useId, useState } from 'react';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import { PublishedFields } from './PublishedFields.js';
import { Figure } from './Figure.js';
import { Place } from './Place.js';
import { useRecordPublication, type RecordPublication } from './publications-api.js';
import { useLeavingTypes, useTypeName } from './use-type-name.js';

function Answer({ type, found }: { type: string; found: RecordPublication }) {
  const { t } = useTexts();
  const { first, last, withdrawn } = found;
  if (!first || !last) return <p role="status">{t('cloud.left.never')}</p>;
  return (
    <div className="stack" role="status">
      <p>
        <span className={`badge ${found.isPublished ? 'info' : ''}`}>{t('cloud.went')}</span>{' '}
        {t(found.isPublished ? 'cloud.left.isThere' : 'cloud.left.isGone')}
      </p>
      <dl className="figures record-history">
        <Figure label={t('cloud.left.first')}>
          <Place place={first} />
        </Figure>
        <Figure label={t('cloud.left.last')}>
          <Place place={last} />
        </Figure>
        {withdrawn && (
          <Figure label={t('cloud.left.withdrawn')}>
            <Place place={withdrawn} />
          </Figure>
        )}
      </dl>
      <PublishedFields type={type} found={found} />
    </div>
  );
}

/** Whether, when and with which fields one record left; also of records that are gone. */
export function RecordHistory() {
  const { t } = useTexts();
  const id = useId();
  const types = useLeavingTypes();
  const typeName = useTypeName();
  const [type, setType] = useState('contact');
  const [record, setRecord] = useState('');
  const asked = useRecordPublication();
  return (
    <section className="record-lookup panel-pad stack">
      <h3>{t('cloud.left.record')}</h3>
      <form
        className="left-filters"
        onSubmit={(event) => {
          event.preventDefault();
          asked.mutate({ type, id: record.trim() });
        }}
      >
        <label htmlFor={`${id}-type`}>{t('cloud.type')}</label>
        <select
          id={`${id}-type`}
          className="input dense"
          value={type}
          onChange={(event) => {
            setType(event.target.value);
            asked.reset();
          }}
        >
          {types.map((name) => (
            <option key={name} value={name}>
              {typeName(name)}
            </option>
          ))}
        </select>
        <label htmlFor={`${id}-record`}>{t('cloud.left.id')}</label>
        <input
          id={`${id}-record`}
          className="input dense record-id"
          value={record}
          onChange={(event) => {
            setRecord(event.target.value);
            // An answer must not stand below the id of another record.
            asked.reset();
          }}
        />
        <Button type="submit" disabled={record.trim() === '' || asked.isPending}>
          {t('cloud.left.ask')}
        </Button>
      </form>
      {asked.error && (
        <p className="notice bad" role="alert">
          {problemText(asked.error, t)}
        </p>
      )}
      {asked.data && <Answer {...asked.data} />}
    </section>
  );
}
