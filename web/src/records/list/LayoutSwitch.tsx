import { Link, useLocation } from 'react-router';
import { Icon } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';

interface Props {
  plural: string;
  current: 'table' | 'board';
}

/** The same records as rows or as columns of cards; what is filtered stays filtered. */
export function LayoutSwitch({ plural, current }: Props) {
  const { t } = useTexts();
  const { search } = useLocation();
  const kept = new URLSearchParams(search);
  // each layout has an order of its own, and a page of the table means nothing on the board
  kept.delete('sort');
  kept.delete('cursor');
  kept.delete('view');
  const layouts = [
    ['table', `/${plural}`, 'columns'],
    ['board', `/${plural}/board`, 'board'],
  ] as const;
  return (
    <div className="row segments" role="group" aria-label={t('list.layout')}>
      {layouts.map(([layout, path, icon]) => (
        <Link
          key={layout}
          to={{ pathname: path, search: kept.toString() }}
          className={`button icon-only ${layout === current ? 'active' : ''}`}
          aria-current={layout === current ? 'true' : undefined}
          aria-label={t(`list.layouts.${layout}`)}
          title={t(`list.layouts.${layout}`)}
        >
          <Icon name={icon} />
        </Link>
      ))}
    </div>
  );
}
