import { changePassword, chooseReplicaPassword } from '../../api/sign-in.js';
import { Dialog } from '../../design/Dialog.js';
import { useTexts } from '../../i18n/texts.js';
import { toast } from '../../shell/toast-list.js';
import { PasswordForm } from './PasswordForm.js';

export type PasswordKind = 'own' | 'replica';

/** Changes the own password, or chooses the separate one for cloud replicas. */
export function PasswordDialog({ kind, onClose }: { kind: PasswordKind; onClose: () => void }) {
  const { t } = useTexts();
  const save = async (current: string, next: string) => {
    await (kind === 'own' ? changePassword(current, next) : chooseReplicaPassword(current, next));
    toast(t(kind === 'own' ? 'password.changed' : 'password.replicaChanged'));
    onClose();
  };
  return (
    <Dialog title={t(kind === 'own' ? 'password.own' : 'password.replica')} onClose={onClose}>
      <div className="dialog-body stack">
        {kind === 'replica' && <p className="muted">{t('password.replicaHint')}</p>}
        <PasswordForm
          newLabel={t(kind === 'own' ? 'password.next' : 'password.nextReplica')}
          submitLabel={t('action.save')}
          onSubmit={save}
        />
      </div>
    </Dialog>
  );
}
