import type { RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Popover } from '../../design/Popover.js';
import { useTexts } from '../../i18n/texts.js';
import { useLabels } from '../values/labels.js';
import type { Columns } from './use-columns.js';

export function ColumnChooser({ type, columns }: { type: RecordType; columns: Columns }) {
  const { t } = useTexts();
  const labels = useLabels(type);
  const isShown = (path: string) => columns.shown.some((column) => column.path === path);
  return (
    <Popover
      kind="dialog"
      look="quiet"
      icon="columns"
      className="desktop-only"
      panelLabel={t('list.columns')}
      face={t('list.columns')}
    >
      {() => (
        <>
          {columns.available.map((field) => (
            <label key={field.path} className="check menu-item">
              <input
                type="checkbox"
                checked={isShown(field.path)}
                disabled={columns.shown.length === 1 && isShown(field.path)}
                onChange={() => {
                  columns.toggle(field.path);
                }}
              />
              {labels.field(field)}
            </label>
          ))}
          <Button look="quiet" onClick={columns.reset}>
            {t('list.columnsReset')}
          </Button>
        </>
      )}
    </Popover>
  );
}
