import { useDraggable } from '@dnd-kit/core';
import { memo, type ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { asText, type CrmRecord, type Linked, type Money } from '../../../api/types.js';
import { Icon } from '../../../design/Icon.js';
import { Popover } from '../../../design/Popover.js';
import { useFormats } from '../../../i18n/format.js';
import { useTexts } from '../../../i18n/texts.js';
import { When } from '../../../records/values/When.js';
import type { Stage } from '../stages.js';
import { useStageName } from '../stages.js';

const linked = (record: CrmRecord, relation: string) =>
  (record[relation] as Linked | null | undefined)?.title ?? '';

/** How old an open deal is; when another one was won or lost. */
function Age({ deal }: { deal: CrmRecord }) {
  const { t } = useTexts();
  const format = useFormats();
  const closed = deal['status'] === 'open' ? '' : asText(deal['closeDate']);
  if (closed)
    return (
      <span className="muted small">
        <When value={closed} isDay />
      </span>
    );
  const since = asText(deal['stageSince']) || asText(deal['engagedOn']) || deal.createdAt;
  const ms = Math.max(0, Date.now() - Date.parse(since));
  const title = t('board.since', { day: format.day(since) });
  return (
    <span className="muted small" title={title}>
      <span className="unseen">{title}</span>
      <span aria-hidden="true">{format.age(ms)}</span>
    </span>
  );
}

function NextStep({ deal }: { deal: CrmRecord }) {
  const { t } = useTexts();
  const step = deal['nextStep'] as CrmRecord | undefined;
  if (deal['status'] !== 'open') return null;
  if (!step) return <p className="deal-step muted small">{t('board.noStep')}</p>;
  const due = step['dueAt'];
  const isLate = typeof due === 'string' && Date.parse(due) < Date.now();
  return (
    <p className="deal-step small row">
      <Icon name="task" isSmall />
      <span className="grow ellipsis">{asText(step['subject'])}</span>
      {typeof due === 'string' && (
        <span className={isLate ? 'late-date' : 'muted'}>
          <When value={due} />
        </span>
      )}
    </p>
  );
}

/** The face of a deal: the same on the board and under the pointer while it is dragged. */
export function DealFace({ deal, title }: { deal: CrmRecord; title: ReactNode }) {
  const { t } = useTexts();
  const format = useFormats();
  const amount = deal['amount'] as Money | null;
  return (
    <>
      <div className="deal-title">{title}</div>
      <div className="row deal-figures">
        {amount ? (
          <b className="grow ellipsis">{format.money(amount)}</b>
        ) : (
          <span className="grow muted">{t('board.noAmount')}</span>
        )}
        <Age deal={deal} />
      </div>
      <div className="row muted small">
        <span className="grow ellipsis">{linked(deal, 'account')}</span>
        <span className="ellipsis deal-owner">{linked(deal, 'owner')}</span>
      </div>
      <NextStep deal={deal} />
    </>
  );
}

interface Props {
  deal: CrmRecord;
  stages: readonly Stage[];
  /** absent where nothing may be moved */
  onMove: ((deal: CrmRecord, stage: string) => void) | undefined;
}

/** The way to move a deal without dragging. */
function MoveMenu({ deal, stages, onMove }: Required<Props>) {
  const { t } = useTexts();
  const nameOf = useStageName();
  const label = t('board.move', { name: asText(deal['name']) });
  return (
    <Popover
      kind="menu"
      look="quiet"
      icon="more"
      className="icon-only deal-menu"
      aria-label={label}
      title={label}
      panelLabel={label}
    >
      {(close) =>
        stages
          .filter((stage) => stage.key !== deal['stage'])
          .map((stage) => (
            <button
              key={stage.id}
              type="button"
              role="menuitem"
              className="menu-item"
              onClick={() => {
                close();
                onMove?.(deal, stage.key);
              }}
            >
              {nameOf(stage)}
            </button>
          ))
      }
    </Popover>
  );
}

export const DealCard = memo(function DealCard({ deal, stages, onMove }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const { setNodeRef, setActivatorNodeRef, listeners, attributes, isDragging } = useDraggable({
    id: deal.id,
    data: { deal },
    disabled: onMove === undefined,
  });
  const path = `/deals/${deal.id}`;
  const help = onMove && {
    'aria-describedby': attributes['aria-describedby'],
    'aria-roledescription': t('board.card'),
  };
  return (
    <li
      ref={setNodeRef}
      className={`deal-card ${isDragging ? 'dragged' : ''} ${onMove ? 'movable' : ''}`}
      data-deal={deal.id}
      {...listeners}
      onClick={(event) => {
        const isControl = (event.target as HTMLElement).closest('a,button,[popover]');
        if (!isControl) void navigate(path);
      }}
    >
      <DealFace
        deal={deal}
        title={
          <>
            <Link ref={setActivatorNodeRef} to={path} className="deal-name" draggable={false} {...help}>
              {asText(deal['name'])}
            </Link>
            {onMove && <MoveMenu deal={deal} stages={stages} onMove={onMove} />}
          </>
        }
      />
    </li>
  );
});
