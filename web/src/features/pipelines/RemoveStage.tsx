import { useGetList } from 'ra-core';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import type { Stage } from '../deals/stages.js';

interface Props {
  stage: Stage;
  onRemove: () => Promise<void>;
  onClose: () => void;
}

/** A stage is only taken away when no deal is in it. */
export function RemoveStage({ stage, onRemove, onClose }: Props) {
  const { t } = useTexts();
  const { total } = useGetList('deals', {
    pagination: { page: 1, perPage: 1 },
    meta: {
      filter: {
        and: [
          { field: 'pipelineId', op: 'eq', value: stage.pipelineId },
          { field: 'stage', op: 'eq', value: stage.key },
        ],
      },
      fields: ['id'],
      count: true,
    },
  });
  return (
    <Dialog title={t('pipelines.removeStage', { name: stage.name })} onClose={onClose}>
      <div className="dialog-body stack">
        <p>{total === undefined ? '…' : t('pipelines.inUse', { count: total })}</p>
        {total !== undefined && total > 0 && <p className="muted">{t('pipelines.moveFirst')}</p>}
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button className="danger" disabled={total !== 0} onClick={() => void onRemove()}>
          {t('action.delete')}
        </Button>
      </footer>
    </Dialog>
  );
}
