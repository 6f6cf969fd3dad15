import {
  DndContext,
  DragOverlay,
  KeyboardCode,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  pointerWithin,
  rectIntersection,
  useSensor,
  useSensors,
  type Active,
  type CollisionDetection,
  type DragEndEvent,
  type Over,
} from '@dnd-kit/core';
import { useStore } from 'ra-core';
import { useMemo, useRef, useState, type UIEvent } from 'react';
import { asText, type CrmRecord } from '../../../api/types.js';
import { useTexts } from '../../../i18n/texts.js';
import { useIsPhone } from '../../../records/use-is-phone.js';
import { useStageName, type Stage } from '../stages.js';
import { BoardColumn } from './BoardColumn.js';
import type { BoardQuery } from './board-data.js';
import { useTotals } from './board-totals.js';
import { DealFace } from './DealCard.js';
import { columnByColumn } from './keyboard.js';
import { StageTabs } from './StageTabs.js';
import { useMove } from './use-move.js';

interface Props {
  query: BoardQuery;
  stages: readonly Stage[];
  isMovable: boolean;
}

/** A click is not a drag, and a finger that scrolls is not one either. */
const mouse = { activationConstraint: { distance: 6 } };
const touch = { activationConstraint: { delay: 220, tolerance: 6 } };
const keyboard = {
  coordinateGetter: columnByColumn,
  // Enter opens the deal, as on every link
  keyboardCodes: {
    start: [KeyboardCode.Space],
    cancel: [KeyboardCode.Esc],
    end: [KeyboardCode.Space, KeyboardCode.Enter],
  },
};

const underPointer: CollisionDetection = (args) =>
  args.pointerCoordinates ? pointerWithin(args) : rectIntersection(args);

const dealOf = (active: Active | null) => active?.data.current?.['deal'] as CrmRecord | undefined;

/** What a screen reader says while a card is carried. */
function useAccessibility(stages: readonly Stage[]) {
  const { t } = useTexts();
  const nameOf = useStageName();
  return useMemo(() => {
    const values = (active: Active, over: Over | null) => {
      const stage = stages.find(({ key }) => key === (over?.id ?? dealOf(active)?.['stage']));
      return { name: asText(dealOf(active)?.['name']), stage: stage ? nameOf(stage) : '' };
    };
    return {
      screenReaderInstructions: { draggable: t('board.instructions') },
      announcements: {
        onDragStart: ({ active }: { active: Active }) => t('board.lifted', values(active, null)),
        onDragOver: ({ active, over }: { active: Active; over: Over | null }) =>
          t('board.over', values(active, over)),
        onDragEnd: ({ active, over }: { active: Active; over: Over | null }) =>
          t('board.dropped', values(active, over)),
        onDragCancel: ({ active }: { active: Active }) => t('board.cancelled', values(active, null)),
      },
    };
  }, [t, nameOf, stages]);
}

/** After a move by keyboard the focus is where the card went. */
function followFocus(dealId: string): void {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[data-deal="${dealId}"] .deal-name`)?.focus();
  });
}

function useDrag(onMove: (deal: CrmRecord, stage: string) => void) {
  const [dragged, setDragged] = useState<CrmRecord | null>(null);
  const end = ({ active, over, activatorEvent }: DragEndEvent) => {
    setDragged(null);
    const deal = dealOf(active);
    if (!deal || !over) return;
    onMove(deal, String(over.id));
    if (activatorEvent instanceof KeyboardEvent) followFocus(deal.id);
  };
  return { dragged, setDragged, end };
}

/** On a phone a column fills the screen; a swipe or a tab leads to the next one. */
function useSwipe(stages: readonly Stage[]) {
  const [current, setCurrent] = useState(0);
  const columns = useRef<HTMLDivElement>(null);
  const onScroll = (event: UIEvent<HTMLDivElement>) => {
    const { scrollLeft, clientWidth } = event.currentTarget;
    setCurrent(Math.min(stages.length - 1, Math.round(scrollLeft / Math.max(1, clientWidth))));
  };
  const show = (index: number) => {
    columns.current?.children[index]?.scrollIntoView({
      behavior: 'smooth',
      inline: 'start',
      block: 'nearest',
    });
  };
  return { current, columns, onScroll, show };
}

/** The stages of a pipeline side by side. Cards are carried by mouse, finger or keyboard, or sent by their menu. */
export function Board({ query, stages, isMovable }: Props) {
  const isPhone = useIsPhone();
  const [unfolded, setUnfolded] = useStore<string[]>('board.unfolded', []);
  const totals = useTotals(query, stages);
  const move = useMove(query, stages);
  const { dragged, setDragged, end } = useDrag(move);
  const { current, columns, onScroll, show } = useSwipe(stages);
  const sensors = useSensors(
    useSensor(MouseSensor, mouse),
    useSensor(TouchSensor, touch),
    useSensor(KeyboardSensor, keyboard),
  );
  const isFolded = (stage: Stage) => !isPhone && stage.status !== 'open' && !unfolded.includes(stage.id);
  const fold = (stage: Stage, folded: boolean) => {
    const others = unfolded.filter((id) => id !== stage.id);
    setUnfolded(folded ? others : [...others, stage.id]);
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={underPointer}
      accessibility={useAccessibility(stages)}
      onDragStart={({ active }) => {
        setDragged(dealOf(active) ?? null);
      }}
      onDragEnd={end}
      onDragCancel={() => {
        setDragged(null);
      }}
    >
      {isPhone && <StageTabs stages={stages} totals={totals} current={current} onChoose={show} />}
      <div ref={columns} className={`columns ${dragged ? 'dragging' : ''}`} onScroll={onScroll}>
        {stages.map((stage, index) => (
          <BoardColumn
            key={stage.id}
            stage={stage}
            stages={stages}
            query={query}
            totals={totals.get(stage.key)}
            isFolded={isFolded(stage)}
            isWanted={!isPhone || Math.abs(index - current) < 2}
            onFold={
              isPhone || stage.status === 'open'
                ? undefined
                : (folded) => {
                    fold(stage, folded);
                  }
            }
            onMove={isMovable ? move : undefined}
          />
        ))}
      </div>
      <DragOverlay dropAnimation={null}>
        {dragged && (
          <div className="deal-card lifted">
            <DealFace deal={dragged} title={<span className="deal-name">{asText(dragged['name'])}</span>} />
          </div>
        )}
      </DragOverlay>
    </DndContext>
  );
}
