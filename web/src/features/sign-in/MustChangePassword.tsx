import './sign-in.css';
import { changePassword, resumeSession, signOut } from '../../api/sign-in.js';
import { useTexts } from '../../i18n/texts.js';
import { Logo } from '../../shell/Logo.js';
import { PasswordForm } from './PasswordForm.js';

/** Somebody else chose this person's password, so the first act is to choose another. */
export function MustChangePassword() {
  const { t } = useTexts();
  const change = async (current: string, next: string) => {
    await changePassword(current, next);
    await resumeSession();
  };
  return (
    <main className="sign-in">
      <div className="card sign-in-form">
        <Logo />
        <h1>{t('password.must')}</h1>
        <p className="muted">{t('password.mustHint')}</p>
        <PasswordForm newLabel={t('password.next')} submitLabel={t('password.change')} onSubmit={change} />
        <button type="button" className="button quiet" onClick={() => void signOut()}>
          {t('app.signOut')}
        </button>
      </div>
    </main>
  );
}
