import { useState } from 'react';
import { currentSession } from '../../api/session.js';
import { Button } from '../../design/Button.js';
import { Icon } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { ConfirmDeletes } from './ConfirmDeletes.js';
import { useTypeName } from './use-type-name.js';
import type { Brake } from './cloud-api.js';

/** Deletes that wait for a person: what they are, what goes on meanwhile, and the way to let them out. */
export function BrakeNotice({ brake }: { brake: Brake }) {
  const { t } = useTexts();
  const typeName = useTypeName();
  const [isAsking, setAsking] = useState(false);
  const counts = Object.entries(brake.deletes).map(([type, count]) => `${typeName(type)}: ${String(count)}`);
  return (
    <div className="notice bad" role="alert">
      <Icon name="warning" />
      <div className="stack grow">
        <span>
          <b>{t('cloud.brake.held')}</b> <When value={brake.since} /> · {counts.join(', ')}
        </span>
        <span>{t('cloud.brake.hint', { count: brake.threshold })}</span>
        {brake.confirmation && (
          <span>
            {t('cloud.brake.confirmedBy', { name: brake.confirmation.by.name ?? '–' })}{' '}
            <When value={brake.confirmation.expiresAt} />
          </span>
        )}
      </div>
      {!brake.confirmation && currentSession().may.includes('manageCloud') && (
        <Button
          onClick={() => {
            setAsking(true);
          }}
        >
          {t('cloud.brake.look')}
        </Button>
      )}
      {isAsking && (
        <ConfirmDeletes
          brake={brake}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </div>
  );
}
