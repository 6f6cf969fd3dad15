import { useId, useState } from 'react';
import { IconButton } from '../../design/Button.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTimeZone } from '../../i18n/format.js';
import { useTexts } from '../../i18n/texts.js';
import { fromZonedInput } from '../../i18n/zoned.js';
import { Failure } from '../../records/Failure.js';
import { useIsPhone } from '../../records/use-is-phone.js';
import { BatchObjects } from './BatchObjects.js';
import { BatchCards, BatchTable } from './BatchTable.js';
import { MoreButton } from './MoreButton.js';
import { RecordHistory } from './RecordHistory.js';
import { usePublications, type PublishedBatch } from './publications-api.js';
import { useLeavingTypes, useTypeName } from './use-type-name.js';

interface Chosen {
  type: string;
  /** as the input writes it, in the person's zone */
  since: string;
}

function Filters({ chosen, onChoose }: { chosen: Chosen; onChoose: (chosen: Chosen) => void }) {
  const { t } = useTexts();
  const id = useId();
  const types = useLeavingTypes();
  const typeName = useTypeName();
  return (
    <>
      <label htmlFor={`${id}-type`}>{t('cloud.type')}</label>
      <select
        id={`${id}-type`}
        className="input dense"
        value={chosen.type}
        onChange={(event) => {
          onChoose({ ...chosen, type: event.target.value });
        }}
      >
        <option value="">{t('list.any')}</option>
        {types.map((name) => (
          <option key={name} value={name}>
            {typeName(name)}
          </option>
        ))}
      </select>
      <label htmlFor={`${id}-since`}>{t('cloud.left.since')}</label>
      <input
        id={`${id}-since`}
        type="datetime-local"
        className="input dense"
        value={chosen.since}
        onChange={(event) => {
          onChoose({ ...chosen, since: event.target.value });
        }}
      />
    </>
  );
}

/** The account of what left, batch by batch and record by record. */
export function WhatLeftPanel() {
  const { t } = useTexts();
  const timeZone = useTimeZone();
  const isPhone = useIsPhone();
  const [chosen, setChosen] = useState<Chosen>({ type: '', since: '' });
  const [opened, setOpened] = useState<PublishedBatch | null>(null);
  const since = chosen.since === '' ? '' : fromZonedInput(chosen.since, timeZone);
  const pages = usePublications({ type: chosen.type, since });
  const batches = pages.data?.pages.flatMap(({ data }) => data) ?? [];
  const Batches = isPhone ? BatchCards : BatchTable;
  return (
    <section className="card cloud-types">
      <header className="row panel-pad">
        <h2 className="grow">{t('cloud.left.title')}</h2>
        <IconButton icon="reload" label={t('action.reload')} onClick={() => void pages.refetch()} />
      </header>
      <div className="left-filters panel-pad">
        <Filters chosen={chosen} onChoose={setChosen} />
      </div>
      {pages.isPending && (
        <div className="panel-pad" aria-busy="true">
          <Skeleton width="50%" />
        </div>
      )}
      {pages.error && <Failure error={pages.error} />}
      {pages.data && batches.length === 0 && <p className="panel-pad muted">{t('cloud.left.none')}</p>}
      {batches.length > 0 && <Batches batches={batches} onOpen={setOpened} />}
      <MoreButton pages={pages} label={t('cloud.left.moreBatches')} />
      <RecordHistory />
      {opened && (
        <BatchObjects
          batch={opened}
          onClose={() => {
            setOpened(null);
          }}
        />
      )}
    </section>
  );
}
