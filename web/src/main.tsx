import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import { StrictMode, useEffect, useState, type ComponentType } from 'react';
import { createRoot } from 'react-dom/client';
import { session } from './api/session.js';
import { resumeSession } from './api/sign-in.js';
import { useStored } from './api/store.js';
import { MustChangePassword } from './features/sign-in/MustChangePassword.js';
import { SignIn } from './features/sign-in/SignIn.js';
import { adoptLocale, loadLocale, preferredLocale } from './i18n/texts.js';
import { Boundary } from './shell/Boundary.js';
import { ShellSkeleton } from './shell/ShellSkeleton.js';

const loadApp = () => import('./app.js');
const prepare = async () => {
  const { default: App, prepareApp } = await loadApp();
  await prepareApp();
  return { App };
};
let prepared: ReturnType<typeof prepare> | undefined;
const wasSignedIn = localStorage.getItem('holdfast.signed-in') === 'yes';

/** The app, once its code and what its first screen needs are here; until then the page's outline. */
function PreparedApp() {
  const [ready, setReady] = useState<{ App: ComponentType } | { error: unknown } | null>(null);
  useEffect(() => {
    prepared ??= prepare();
    prepared.then(setReady, (error: unknown) => {
      setReady({ error });
    });
  }, []);
  if (ready === null) return <ShellSkeleton />;
  if ('error' in ready) throw ready.error;
  return <ready.App />;
}

function Gate() {
  const current = useStored(session);
  const userLocale = current?.user.locale ?? null;
  useEffect(() => {
    void adoptLocale(userLocale);
  }, [userLocale]);
  useEffect(() => {
    // whoever signs in next has other rights, so their first screen is prepared anew
    if (current === null) prepared = undefined;
    if (current !== undefined) localStorage.setItem('holdfast.signed-in', current ? 'yes' : 'no');
  }, [current]);
  if (current === undefined) return <ShellSkeleton />;
  if (current === null) return <SignIn onType={() => void loadApp()} />;
  if (current.mustChangePassword) return <MustChangePassword />;
  return (
    <Boundary>
      <PreparedApp />
    </Boundary>
  );
}

const root = document.getElementById('root');
if (!root) throw new TypeError('index.html has no #root');
const texts = loadLocale(preferredLocale());
void resumeSession();
// signing in needs a fifth of the code; the rest comes at once only where it will surely be wanted
if (wasSignedIn) prepared = prepare();
void texts.then(() => {
  createRoot(root).render(
    <StrictMode>
      <Gate />
    </StrictMode>,
  );
});
