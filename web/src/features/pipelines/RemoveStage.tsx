import { useGetList } from 'ra-core';
import { useState } from 'react';
import { Button } from '../../design/Button.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import type { Stage } from '../deals/stages.js';

interface Props {
  stage: Stage;
  others: readonly Stage[];
  onRemove: (moveTo: string | null) => Promise<void>;
  onClose: () => void;
}

/** A stage with deals in it is only taken away together with a word on where they go. */
export function RemoveStage({ stage, others, onRemove, onClose }: Props) {
  const { t } = useTexts();
  const [target, setTarget] = useState(others[0]?.key ?? '');
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
  const isUsed = total === undefined || total > 0;
  return (
    <Dialog title={t('pipelines.removeStage', { name: stage.name })} onClose={onClose}>
      <div className="dialog-body stack">
        <p>{total === undefined ? '…' : t('pipelines.inUse', { count: total })}</p>
        {isUsed && (
          <label className="field">
            <span className="label">{t('pipelines.moveTo')}</span>
            <select
              className="input"
              value={target}
              onChange={(event) => {
                setTarget(event.target.value);
              }}
            >
              {others.map(({ key, name }) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button
          className="danger"
          disabled={total === undefined || (isUsed && target === '')}
          onClick={() => void onRemove(isUsed ? target : null)}
        >
          {t(isUsed ? 'pipelines.moveAndRemove' : 'action.delete')}
        </Button>
      </footer>
    </Dialog>
  );
}
