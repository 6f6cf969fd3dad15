import { useDroppable } from '@dnd-kit/core';
import { useEffect, useRef } from 'react';
import type { CrmRecord } from '../../../api/types.js';
import { Button } from '../../../design/Button.js';
import { Skeleton } from '../../../design/Skeleton.js';
import { useFormats } from '../../../i18n/format.js';
import { useTexts } from '../../../i18n/texts.js';
import { Failure } from '../../../records/Failure.js';
import { useStageName, type Stage } from '../stages.js';
import { useColumn, type BoardQuery } from './board-data.js';
import { dealsOf } from './board-pages.js';
import type { StageTotals } from './board-totals.js';
import { DealCard } from './DealCard.js';

interface Props {
  stage: Stage;
  stages: readonly Stage[];
  query: BoardQuery;
  totals: StageTotals | undefined;
  isFolded: boolean;
  /** false on a phone for columns out of sight, which then ask nothing of the server */
  isWanted: boolean;
  onFold: ((isFolded: boolean) => void) | undefined;
  onMove: ((deal: CrmRecord, stage: string) => void) | undefined;
}

function Totals({ totals }: { totals: StageTotals | undefined }) {
  const { t } = useTexts();
  const format = useFormats();
  return (
    <ul className="column-totals small">
      {totals?.sums.map((sum) => (
        <li key={sum.amount.currency} className="row">
          <b>{format.money(sum.amount, true)}</b>
          {sum.weighted && (
            <span className="muted ellipsis" title={t('board.weightedHint')}>
              {t('board.weighted', { sum: format.money(sum.weighted, true) })}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Asks for more when the end of the column comes near. */
function useMore(hasMore: boolean, more: () => void) {
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const element = end.current;
    if (!element || !hasMore) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) more();
      },
      { root: element.closest('.column-cards'), rootMargin: '400px' },
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
    };
  }, [hasMore, more]);
  return end;
}

function Cards({ stage, stages, query, isWanted, onMove }: Props) {
  const { t } = useTexts();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useColumn(
    query,
    stage.key,
    isWanted,
  );
  const end = useMore(hasNextPage && !isFetchingNextPage, () => void fetchNextPage());
  const deals = dealsOf(data);
  if (error) return <Failure error={error} />;
  if (!data)
    return (
      <ul className="column-cards" aria-busy="true">
        {[0, 1, 2].map((index) => (
          <li key={index} className="deal-card">
            <Skeleton width="70%" />
            <Skeleton width="40%" />
            <Skeleton width="85%" />
          </li>
        ))}
      </ul>
    );
  return (
    <ul className="column-cards" tabIndex={-1} aria-busy={isFetchingNextPage}>
      {deals.map((deal) => (
        <DealCard key={deal.id} deal={deal} stages={stages} onMove={onMove} />
      ))}
      {deals.length === 0 && <li className="column-empty muted small">{t('board.empty')}</li>}
      {hasNextPage && (
        <li ref={end} className="column-more">
          <Button look="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('board.more')}
          </Button>
        </li>
      )}
    </ul>
  );
}

/** One stage: its name, how many deals and how much they are worth, and the deals themselves. */
export function BoardColumn(props: Props) {
  const { stage, totals, isFolded, onFold } = props;
  const { t } = useTexts();
  const format = useFormats();
  const nameOf = useStageName();
  const { setNodeRef, isOver } = useDroppable({ id: stage.key });
  const name = nameOf(stage);
  const count = totals && `${format.number(totals.count)}${totals.isCapped ? '+' : ''}`;
  const classes = ['column', stage.status, isFolded ? 'folded' : '', isOver ? 'over' : ''];
  return (
    <section ref={setNodeRef} className={classes.join(' ')} data-stage={stage.key} aria-label={name}>
      <header className="column-head">
        <h2 className="row">
          <span className="ellipsis">{name}</span>
          <span className="muted column-count">{count}</span>
        </h2>
        {onFold && (
          <Button
            look="quiet"
            icon={isFolded ? 'right' : 'left'}
            className="icon-only"
            aria-label={t(isFolded ? 'board.unfold' : 'board.fold', { stage: name })}
            aria-expanded={!isFolded}
            title={t(isFolded ? 'board.unfold' : 'board.fold', { stage: name })}
            onClick={() => {
              onFold(!isFolded);
            }}
          />
        )}
        <Totals totals={totals} />
      </header>
      {!isFolded && <Cards {...props} />}
    </section>
  );
}
