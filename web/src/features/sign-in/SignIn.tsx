import { useState, type SubmitEvent } from 'react';
import { asText } from '../../api/types.js';
import { isProblem, type ApiProblem } from '../../api/problem.js';
import { replicaState } from '../../api/replica-state.js';
import { signIn } from '../../api/sign-in.js';
import { useStored } from '../../api/store.js';
import { chooseLocale, localeNames, locales, useTexts, type Locale } from '../../i18n/texts.js';
import { Logo } from '../../shell/Logo.js';
import './sign-in.css';

function messageKey(problem: ApiProblem): string {
  if (problem.status === 0) return 'signIn.unreachable';
  if (problem.status === 429) return 'signIn.tooMany';
  return problem.status === 401 || problem.status === 400 ? 'signIn.wrong' : 'error.unknown';
}

export function SignIn({ onType }: { onType: () => void }) {
  const { t, locale } = useTexts();
  const replica = useStored(replicaState);
  const [failure, setFailure] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure(null);
    try {
      await signIn(asText(form.get('email')), asText(form.get('password')));
    } catch (error) {
      if (!isProblem(error)) throw error;
      setFailure(messageKey(error));
      setBusy(false);
    }
  };
  return (
    <main className="sign-in">
      <form className="card sign-in-form" onSubmit={(event) => void submit(event)} onInput={onType}>
        <Logo />
        <h1>{t('signIn.title')}</h1>
        {replica && <p className="muted">{t('signIn.replica')}</p>}
        {failure && (
          <p className="notice bad" role="alert">
            {t(failure)}
          </p>
        )}
        <div className="field">
          <label htmlFor="email">{t('signIn.email')}</label>
          <input
            id="email"
            name="email"
            type="email"
            className="input"
            autoComplete="username"
            required
            autoFocus
          />
        </div>
        <div className="field">
          <label htmlFor="password">{t('signIn.password')}</label>
          <input
            id="password"
            name="password"
            type="password"
            className="input"
            autoComplete="current-password"
            required
          />
        </div>
        <button type="submit" className="button primary" disabled={isBusy}>
          {t(isBusy ? 'signIn.busy' : 'signIn.submit')}
        </button>
      </form>
      <label className="row small muted">
        {t('app.language')}
        <select
          className="input dense"
          value={locale}
          onChange={(event) => void chooseLocale(event.target.value as Locale)}
        >
          {locales.map((each) => (
            <option key={each} value={each}>
              {localeNames[each]}
            </option>
          ))}
        </select>
      </label>
    </main>
  );
}
