import { useQueryClient } from '@tanstack/react-query';
import { useDataProvider } from 'ra-core';
import { Suspense, lazy, useState } from 'react';
import { useNavigate } from 'react-router';
import { may } from '../../api/record-types.js';
import type { dataProvider } from '../../api/data-provider.js';
import type { CrmRecord, RecordType } from '../../api/types.js';
import { Button } from '../../design/Button.js';
import { Icon } from '../../design/Icon.js';
import { Popover } from '../../design/Popover.js';
import { mayErase } from '../../features/erasing/may-erase.js';
import { useTexts } from '../../i18n/texts.js';
import { toast } from '../../shell/toast-list.js';
import { problemText } from '../Failure.js';
import { titleOf } from '../title.js';

const EraseDialog = lazy(() => import('../../features/erasing/EraseDialog.js'));

/** Deletes into the recycle bin at once and offers the way back, instead of asking first. */
function useDelete(type: RecordType, record: CrmRecord) {
  const { t } = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const provider = useDataProvider<typeof dataProvider>();
  const name = titleOf(type, record);
  const attempt = async (action: () => Promise<unknown>, then: () => void) => {
    try {
      await action();
      await client.invalidateQueries();
      then();
    } catch (error) {
      toast(problemText(error, t));
    }
  };
  const restore = () =>
    attempt(
      () => provider.restore(type.plural, record.id),
      () => {
        toast(t('record.restored', { name }));
        void navigate(`/${type.plural}/${record.id}`);
      },
    );
  return () => {
    void navigate(`/${type.plural}`);
    void attempt(
      () => provider.delete(type.plural, { id: record.id, previousData: record }),
      () => {
        toast(t('record.deleted', { name }), { label: t('action.undo'), run: () => void restore() });
      },
    );
  };
}

export function RecordActions({
  type,
  record,
  onEdit,
}: {
  type: RecordType;
  record: CrmRecord;
  onEdit: () => void;
}) {
  const { t } = useTexts();
  const remove = useDelete(type, record);
  const mayDelete = may(type, 'delete');
  const [isErasing, setErasing] = useState(false);
  return (
    <>
      {may(type, 'update') && (
        <Button look="primary" icon="edit" onClick={onEdit}>
          {t('action.edit')}
        </Button>
      )}
      <Popover
        kind="menu"
        icon="more"
        className="icon-only"
        aria-label={t('record.more')}
        title={t('record.more')}
        panelLabel={t('record.more')}
      >
        {(close) => (
          <>
            <button
              type="button"
              role="menuitem"
              className="menu-item"
              onClick={() => {
                close();
                void navigator.clipboard.writeText(window.location.href).then(() => {
                  toast(t('record.copied'));
                });
              }}
            >
              {t('record.copy')}
            </button>
            {mayDelete && (
              <button
                type="button"
                role="menuitem"
                className="menu-item danger"
                onClick={() => {
                  close();
                  remove();
                }}
              >
                <Icon name="trash" />
                {t('action.delete')}
              </button>
            )}
            {mayErase(type) && (
              <button
                type="button"
                role="menuitem"
                className="menu-item danger"
                onClick={() => {
                  close();
                  setErasing(true);
                }}
              >
                <Icon name="warning" />
                {t('erase.action')}
              </button>
            )}
          </>
        )}
      </Popover>
      {isErasing && (
        <Suspense>
          <EraseDialog
            type={type}
            record={record}
            onClose={() => {
              setErasing(false);
            }}
          />
        </Suspense>
      )}
    </>
  );
}
