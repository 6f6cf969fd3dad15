import { useSyncExternalStore, type KeyboardEvent, type ReactNode } from 'react';
import { useTexts } from '../../i18n/texts.js';

export type Side = 'form' | 'text';
const sides: readonly Side[] = ['form', 'text'];

const query = window.matchMedia('(width < 1080px)');
const subscribe = (listener: () => void) => {
  query.addEventListener('change', listener);
  return () => {
    query.removeEventListener('change', listener);
  };
};
const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches);

interface Props {
  id: string;
  /** the one that is shown where there is room for one */
  side: Side;
  onChoose: (side: Side) => void;
  panels: Record<Side, ReactNode>;
}

/** The form and the text of one policy: beside each other, or behind two tabs. Both stay in place, what is open in them too. */
export function PolicySides({ id, side, onChoose, panels }: Props) {
  const { t } = useTexts();
  const isNarrow = useIsNarrow();
  const other = side === 'form' ? 'text' : 'form';
  const move = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    onChoose(other);
    document.getElementById(`${id}-tab-${other}`)?.focus();
  };
  return (
    <div className="policy-sides">
      {isNarrow && (
        <div role="tablist" className="row segments" aria-label={t('cloud.form.sides')} onKeyDown={move}>
          {sides.map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              id={`${id}-tab-${each}`}
              className={`button grow ${each === side ? 'active' : ''}`}
              aria-selected={each === side}
              aria-controls={`${id}-panel-${each}`}
              tabIndex={each === side ? 0 : -1}
              onClick={() => {
                onChoose(each);
              }}
            >
              {t(`cloud.form.side.${each}`)}
            </button>
          ))}
        </div>
      )}
      {sides.map((each) => (
        <div
          key={each}
          id={`${id}-panel-${each}`}
          className="policy-side"
          {...(isNarrow ? { role: 'tabpanel', 'aria-labelledby': `${id}-tab-${each}` } : {})}
          hidden={isNarrow && each !== side}
        >
          {panels[each]}
        </div>
      ))}
    </div>
  );
}
