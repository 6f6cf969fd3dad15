import { useEffect, useRef } from 'react';
import { useFormats } from '../../../i18n/format.js';
import { useTexts } from '../../../i18n/texts.js';
import { useStageName, type Stage } from '../stages.js';
import type { StageTotals } from './board-totals.js';

interface Props {
  stages: readonly Stage[];
  totals: ReadonlyMap<string, StageTotals>;
  current: number;
  onChoose: (index: number) => void;
}

/** The phone's way between the columns: one button per stage, the shown one marked. */
export function StageTabs({ stages, totals, current, onChoose }: Props) {
  const { t } = useTexts();
  const format = useFormats();
  const nameOf = useStageName();
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const button = row.current?.children[current];
    if (button instanceof HTMLElement)
      row.current?.scrollTo({ left: button.offsetLeft - row.current.clientWidth / 3, behavior: 'smooth' });
  }, [current]);
  return (
    <div ref={row} className="stage-tabs" role="group" aria-label={t('board.stages')}>
      {stages.map((stage, index) => {
        const count = totals.get(stage.key)?.count;
        return (
          <button
            key={stage.id}
            type="button"
            className={`button ${index === current ? 'active' : ''}`}
            aria-pressed={index === current}
            onClick={() => {
              onChoose(index);
            }}
          >
            {nameOf(stage)}
            <span className="muted small">{count === undefined ? '' : format.number(count)}</span>
          </button>
        );
      })}
    </div>
  );
}
