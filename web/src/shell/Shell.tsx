import './shell.css';
import { Suspense, useEffect, useState } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { may, useRecordTypes } from '../api/record-types.js';
import { currentSession } from '../api/session.js';
import { Button } from '../design/Button.js';
import { Icon } from '../design/Icon.js';
import { Skeleton } from '../design/Skeleton.js';
import { useTexts } from '../i18n/texts.js';
import { PasswordDialog, type PasswordKind } from '../features/sign-in/PasswordDialog.js';
import { Logo } from './Logo.js';
import { SearchPalette } from '../features/search/SearchPalette.js';
import { ReplicaBanner } from './ReplicaBanner.js';
import { Toasts } from './Toasts.js';
import { UserMenu } from './UserMenu.js';
import { firstSecondaryPath, pages, type PageEntry } from './pages.js';

function usePages(): PageEntry[] {
  const types = useRecordTypes();
  const { may: flags } = currentSession();
  return pages.filter(({ needs, plural, isForChangers }) => {
    if (needs) return flags.includes(needs);
    const type = types.find((each) => each.plural === plural);
    if (!plural || !type) return !plural;
    return isForChangers ? may(type, 'update') : type.can.read !== 'none';
  });
}

function Navigation({ entries }: { entries: PageEntry[] }) {
  const { t } = useTexts();
  return (
    <nav className="nav" aria-label={t('nav.main')}>
      <Logo />
      {entries.map((page) => (
        <div key={page.path}>
          {page.path === firstSecondaryPath && <div className="nav-rule" />}
          <NavLink to={page.path} end={page.path === '/'} className="nav-link">
            <Icon name={page.icon} />
            <span className="ellipsis">{t(page.name)}</span>
          </NavLink>
        </div>
      ))}
    </nav>
  );
}

function TabBar({ entries }: { entries: PageEntry[] }) {
  const { t } = useTexts();
  return (
    <nav className="tabbar" aria-label={t('nav.phone')}>
      {entries
        .filter((page) => page.isOnPhone)
        .map((page) => (
          <NavLink key={page.path} to={page.path} end={page.path === '/'} className="tab-link">
            <Icon name={page.icon} />
            <span className="ellipsis">{t(page.name)}</span>
          </NavLink>
        ))}
    </nav>
  );
}

/** whether a slash belongs to what somebody writes */
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.closest('input,textarea,select,dialog,[contenteditable]') !== null;

function useJumpKey(open: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isShortcut = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
      const isSlash = event.key === '/' && !isTyping(event.target);
      if (!isShortcut && !isSlash) return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  }, [open]);
}

function PageSkeleton() {
  return (
    <div className="page" aria-busy="true">
      <Skeleton width={180} height={24} />
    </div>
  );
}

export function Shell() {
  const { t } = useTexts();
  const entries = usePages();
  const { pathname } = useLocation();
  const [password, setPassword] = useState<PasswordKind | null>(null);
  const [isJumping, setJumping] = useState(false);
  const [openJump] = useState(() => () => {
    setJumping(true);
  });
  useJumpKey(openJump);
  const section = entries.find((page) => page.path !== '/' && pathname.startsWith(page.path));
  const title = section ? `${t(section.name)} · Holdfast` : 'Holdfast';
  return (
    <div className="shell">
      <title>{title}</title>
      <a className="button skip" href="#content">
        {t('nav.skip')}
      </a>
      <ReplicaBanner />
      <Navigation entries={entries} />
      <header className="bar">
        <Logo />
        <span className="grow" />
        <Button className="jump-button" icon="search" onClick={openJump} aria-keyshortcuts="Control+K /">
          <span className="grow">{t('jump.open')}</span>
          <span className="kbd" aria-hidden="true">
            {t('jump.keys')}
          </span>
        </Button>
        <UserMenu entries={entries.filter((page) => !page.isOnPhone)} onPassword={setPassword} />
      </header>
      <main className="content" id="content" tabIndex={-1}>
        <Suspense fallback={<PageSkeleton />}>
          <Outlet />
        </Suspense>
      </main>
      <TabBar entries={entries} />
      {isJumping && (
        <SearchPalette
          entries={entries}
          onClose={() => {
            setJumping(false);
          }}
        />
      )}
      {password && (
        <PasswordDialog
          kind={password}
          onClose={() => {
            setPassword(null);
          }}
        />
      )}
      <Toasts />
    </div>
  );
}
