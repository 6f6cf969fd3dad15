import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { fieldNamed } from '../../api/record-types.js';
import { isReplica } from '../../api/session.js';
import type { RecordType } from '../../api/types.js';
import { Icon } from '../../design/Icon.js';
import { Popover } from '../../design/Popover.js';
import { useTexts } from '../../i18n/texts.js';
import { problemText } from '../../records/Failure.js';
import type { NounView } from '../../records/noun-view.js';
import { toFilter } from '../../records/list/list-filter.js';
import type { Columns } from '../../records/list/use-columns.js';
import { searchOf, type ListControls } from '../../records/list/use-list-state.js';
import { toast } from '../../shell/toast-list.js';
import { fromFilter } from './view-filter.js';
import { RenameDialog } from './RenameDialog.js';
import { ViewDialog } from './ViewDialog.js';
import {
  changeView,
  createView,
  removeView,
  useViews,
  viewsKey,
  type SavedView,
  type ViewContent,
} from './views-api.js';

interface Props {
  type: RecordType;
  view: NounView;
  controls: ListControls;
  layout: ViewContent['layout'];
  /** absent on the board */
  columns?: Columns;
}

/** Shows what a view says: its layout, filter, order and columns. */
function useApply({ type, view, columns }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  return useCallback(
    (saved: SavedView, isReplacing = false) => {
      const facetPaths = view.facets.map(({ path }) => path);
      const filter = fromFilter(saved.filter, facetPaths);
      if (!filter) {
        toast(t('views.unknown', { name: saved.name }));
        return;
      }
      if (saved.columns.length > 0) columns?.choose(saved.columns);
      const search = searchOf({ ...filter, q: '', sort: saved.sort ?? '' });
      search.set('view', saved.id);
      const pathname = saved.layout === 'board' ? `/${type.plural}/board` : `/${type.plural}`;
      void navigate({ pathname, search: search.toString() }, { replace: isReplacing });
    },
    [type.plural, view, columns, navigate, t],
  );
}

/** The default view is shown to whoever opens the list without saying what to see. */
function useDefaultView(views: SavedView[] | undefined, apply: ReturnType<typeof useApply>): void {
  const { search } = useLocation();
  const isPlain = useRef(search === '');
  useEffect(() => {
    if (!views || !isPlain.current) return;
    isPlain.current = false;
    const preferred = views.find(({ isDefault }) => isDefault);
    if (preferred) apply(preferred, true);
  }, [views, apply]);
}

function useContent({
  type,
  controls,
  layout,
  columns,
}: Props): Omit<ViewContent, 'name' | 'sharedWith' | 'isDefault'> {
  const { state } = controls;
  return {
    filter: toFilter(state, (path) => fieldNamed(type, path)?.kind) ?? null,
    sort: state.sort,
    columns: columns?.shown.map(({ path }) => path) ?? [],
    layout,
  };
}

function useAttempt() {
  const { t } = useTexts();
  const client = useQueryClient();
  return async (action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      toast(problemText(error, t));
    } finally {
      await client.invalidateQueries({ queryKey: [viewsKey] });
    }
  };
}

interface ListProps {
  views: SavedView[];
  current: SavedView | undefined;
  onChoose: (view: SavedView) => void;
}

function ViewItems({ views, current, onChoose }: ListProps) {
  const { t } = useTexts();
  if (views.length === 0) return <div className="menu-label">{t('views.none')}</div>;
  return views.map((view) => (
    <button
      key={view.id}
      type="button"
      role="menuitem"
      className={`menu-item ${view.id === current?.id ? 'current' : ''}`}
      onClick={() => {
        onChoose(view);
      }}
    >
      <span className="grow ellipsis">{view.name}</span>
      {!view.isOwn && <span className="muted small ellipsis">{view.owner.name}</span>}
      {view.isDefault && <span className="badge">{t('views.default')}</span>}
      {view.broken && <Icon name="warning" isSmall />}
    </button>
  ));
}

function Item({
  label,
  onClick,
  isDanger = false,
}: {
  label: string;
  onClick: () => void;
  isDanger?: boolean;
}) {
  return (
    <button
      type="button"
      role="menuitem"
      className={`menu-item ${isDanger ? 'danger' : ''}`}
      onClick={onClick}
    >
      {label}
    </button>
  );
}

function Menu(props: Props) {
  const { type } = props;
  const { t } = useTexts();
  const views = useViews(type.name);
  const apply = useApply(props);
  const content = useContent(props);
  const attempt = useAttempt();
  const [params] = useSearchParams();
  const [isSaving, setSaving] = useState(false);
  const [renamed, setRenamed] = useState<SavedView | null>(null);
  useDefaultView(views, apply);
  const current = views?.find(({ id }) => id === params.get('view'));
  const own = current?.isOwn ? current : null;
  return (
    <>
      <Popover
        kind="menu"
        panelLabel={t('views.title')}
        className={current ? 'active' : ''}
        face={
          <>
            <span className="ellipsis facet-face">{current?.name ?? t('views.title')}</span>
            <Icon name="down" isSmall />
          </>
        }
      >
        {(close) => {
          const doing = (action: () => void) => () => {
            close();
            action();
          };
          return (
            <>
              <ViewItems
                views={views ?? []}
                current={current}
                onChoose={(view) => {
                  close();
                  apply(view);
                }}
              />
              <div className="nav-rule" role="separator" />
              <Item
                label={t('views.save')}
                onClick={doing(() => {
                  setSaving(true);
                })}
              />
              {own && (
                <Item
                  label={t('views.rename', { name: own.name })}
                  onClick={doing(() => {
                    setRenamed(own);
                  })}
                />
              )}
              {current && (
                <Item
                  label={t(current.isDefault ? 'views.dropDefault' : 'views.makeDefault')}
                  onClick={doing(
                    () => void attempt(() => changeView(current, { isDefault: !current.isDefault })),
                  )}
                />
              )}
              {own && (
                <Item
                  isDanger
                  label={t('views.remove', { name: own.name })}
                  onClick={doing(() => void attempt(() => removeView(own)))}
                />
              )}
            </>
          );
        }}
      </Popover>
      {renamed && (
        <RenameDialog
          view={renamed}
          onSave={async (name) => {
            await changeView(renamed, { name });
            await attempt(() => Promise.resolve());
          }}
          onClose={() => {
            setRenamed(null);
          }}
        />
      )}
      {isSaving && (
        <ViewDialog
          onSave={async (choice) => {
            const saved = await createView(type.name, { ...content, ...choice });
            await attempt(() => Promise.resolve());
            apply(saved, true);
          }}
          onClose={() => {
            setSaving(false);
          }}
        />
      )}
    </>
  );
}

/**
 * The views that this person saved and those shared with them; and what can be done with the one that is shown. A
 * replica knows none: they stay at home.
 */
export function ViewsMenu(props: Props) {
  return isReplica() ? null : <Menu {...props} />;
}
