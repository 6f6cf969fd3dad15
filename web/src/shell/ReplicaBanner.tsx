import { isReplica } from '../api/session.js';
import { replicaState } from '../api/replica-state.js';
import { useStored } from '../api/store.js';
import { Icon } from '../design/Icon.js';
import { useFormats } from '../i18n/format.js';
import { useTexts } from '../i18n/texts.js';

const lateMs = 60_000;

/** Says on a replica that nothing can be changed here and how old the data shown is. */
export function ReplicaBanner() {
  const { t } = useTexts();
  const format = useFormats();
  const state = useStored(replicaState);
  if (!isReplica()) return null;
  const isLate = (state?.lagMs ?? 0) > lateMs;
  const age = state
    ? t('replica.asOf', { time: format.clock(state.asOf), lag: format.duration(state.lagMs) })
    : t('replica.waiting');
  return (
    <div className={isLate ? 'banner late' : 'banner'} role="status">
      <Icon name={isLate ? 'warning' : 'lock'} isSmall />
      <span>
        <b>{t('replica.readOnly')}</b> · {age}
      </span>
    </div>
  );
}
