import { useState } from 'react';
import { may, useRecordTypes } from '../../api/record-types.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../Failure.js';
import { ActivityEntry } from './ActivityEntry.js';
import { ChangeEntry } from './ChangeEntry.js';
import { Composer } from './Composer.js';
import { useTimeline, type TimelineEntry } from './timeline-entries.js';

interface Props {
  type: RecordType;
  record: CrmRecord;
}

const shows = ['all', 'activity', 'change'] as const;

function Entries({ type, entries }: { type: RecordType; entries: TimelineEntry[] }) {
  return (
    <ol className="timeline">
      {entries.map((entry) =>
        entry.kind === 'activity' ? (
          <ActivityEntry key={entry.id} entry={entry} />
        ) : (
          <ChangeEntry key={entry.id} type={type} entry={entry} />
        ),
      )}
    </ol>
  );
}

function EntriesSkeleton() {
  return (
    <div className="timeline" aria-hidden="true">
      {[0, 1, 2, 3].map((index) => (
        <div key={index} className="entry">
          <Skeleton width={28} height={28} />
          <div className="grow stack">
            <Skeleton width="40%" />
            <Skeleton width="70%" />
          </div>
        </div>
      ))}
    </div>
  );
}

/** What happened with a record: a line to write at the top, and below it notes, tasks and changes as they came. */
export function Timeline({ type, record }: Props) {
  const { t } = useTexts();
  const [show, setShow] = useState<(typeof shows)[number]>('all');
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useTimeline(type, record.id);
  const activityType = useRecordTypes().find((each) => each.name === 'activity');
  const link = activityType?.fields.find((field) => field.target === type.name && !field.readOnly);
  const entries = data?.pages
    .flatMap((page) => page.data)
    .filter((entry) => show === 'all' || entry.kind === show);
  return (
    <>
      {activityType && link?.name !== 'ownerId' && link && may(activityType, 'create') && (
        <Composer type={activityType} linkName={link.name} record={record} />
      )}
      <div className="timeline-head row" role="group" aria-label={t('timeline.show')}>
        {shows.map((each) => (
          <Button
            key={each}
            look="quiet"
            className={each === show ? 'active' : ''}
            aria-pressed={each === show}
            onClick={() => {
              setShow(each);
            }}
          >
            {t(`timeline.shows.${each}`)}
          </Button>
        ))}
      </div>
      {error && <Failure error={error} />}
      {!data && !error && <EntriesSkeleton />}
      {entries?.length === 0 && <EmptyState title={t('timeline.empty')} hint={t('timeline.emptyHint')} />}
      {entries && <Entries type={type} entries={entries} />}
      {hasNextPage && (
        <div className="related-foot">
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('timeline.older')}
          </Button>
        </div>
      )}
    </>
  );
}
