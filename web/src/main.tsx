import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import { StrictMode, Suspense, lazy, useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { session } from './api/session.js';
import { resumeSession } from './api/sign-in.js';
import { useStored } from './api/store.js';
import { MustChangePassword } from './features/sign-in/MustChangePassword.js';
import { SignIn } from './features/sign-in/SignIn.js';
import { adoptLocale, loadLocale, preferredLocale } from './i18n/texts.js';
import { ShellSkeleton } from './shell/ShellSkeleton.js';

const loadApp = () => import('./app.js');
const App = lazy(loadApp);
const wasSignedIn = localStorage.getItem('holdfast.signed-in') === 'yes';

function Gate() {
  const current = useStored(session);
  const userLocale = current?.user.locale ?? null;
  useEffect(() => {
    void adoptLocale(userLocale);
  }, [userLocale]);
  useEffect(() => {
    if (current !== undefined) localStorage.setItem('holdfast.signed-in', current ? 'yes' : 'no');
  }, [current]);
  if (current === undefined) return <ShellSkeleton />;
  if (current === null) return <SignIn onType={() => void loadApp()} />;
  if (current.mustChangePassword) return <MustChangePassword />;
  return (
    <Suspense fallback={<ShellSkeleton />}>
      <App />
    </Suspense>
  );
}

const root = document.getElementById('root');
if (!root) throw new TypeError('index.html has no #root');
const texts = loadLocale(preferredLocale());
void resumeSession();
// signing in needs a fifth of the code; the rest comes at once only where it will surely be wanted
if (wasSignedIn) void loadApp();
void texts.then(() => {
  createRoot(root).render(
    <StrictMode>
      <Gate />
    </StrictMode>,
  );
});
