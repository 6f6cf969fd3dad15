import { NavLink } from 'react-router';
import { currentSession, isReplica } from '../api/session.js';
import { signOut } from '../api/sign-in.js';
import { useStored } from '../api/store.js';
import { Icon } from '../design/Icon.js';
import { Popover } from '../design/Popover.js';
import { chooseLocale, localeNames, locales, useTexts } from '../i18n/texts.js';
import type { PasswordKind } from '../features/sign-in/PasswordDialog.js';
import type { PageEntry } from './pages.js';
import { chooseTheme, theme, themes } from './theme.js';

interface ChoiceProps {
  isChosen: boolean;
  label: string;
  onChoose: () => void;
}

function Choice({ isChosen, label, onChoose }: ChoiceProps) {
  return (
    <button
      type="button"
      role="menuitemradio"
      aria-checked={isChosen}
      className="menu-item"
      onClick={onChoose}
    >
      <span className="grow">{label}</span>
      {isChosen && <Icon name="check" isSmall />}
    </button>
  );
}

function Settings() {
  const { t, locale } = useTexts();
  const chosen = useStored(theme);
  return (
    <>
      <div role="group" aria-label={t('app.theme')}>
        <div className="menu-label">{t('app.theme')}</div>
        {themes.map((each) => (
          <Choice
            key={each}
            isChosen={each === chosen}
            label={t(`app.themes.${each}`)}
            onChoose={() => {
              chooseTheme(each);
            }}
          />
        ))}
      </div>
      <div role="group" aria-label={t('app.language')}>
        <div className="menu-label">{t('app.language')}</div>
        {locales.map((each) => (
          <Choice
            key={each}
            isChosen={each === locale}
            label={localeNames[each]}
            onChoose={() => void chooseLocale(each)}
          />
        ))}
      </div>
    </>
  );
}

interface Props {
  entries: PageEntry[];
  onPassword: (kind: PasswordKind) => void;
}

/** Who is signed in, theme, language, way out; on the phone also the pages that the tab bar has no room for. */
export function UserMenu({ entries, onPassword }: Props) {
  const { t } = useTexts();
  const { user, server } = currentSession();
  return (
    <Popover
      kind="menu"
      look="quiet"
      icon="user"
      className="user-button"
      panelLabel={t('app.userMenu')}
      aria-label={`${t('app.userMenu')}: ${user.name}`}
      face={<span className="ellipsis user-name">{user.name}</span>}
    >
      {(close) => (
        <>
          <div className="menu-label" role="presentation">
            {user.email} · {t('app.version', { version: server.version })}
          </div>
          <div className="phone-only" role="presentation">
            {entries.map((page) => (
              <NavLink key={page.path} role="menuitem" to={page.path} className="menu-item" onClick={close}>
                <Icon name={page.icon} />
                {t(page.name)}
              </NavLink>
            ))}
          </div>
          <Settings />
          <div className="nav-rule" role="separator" />
          {!isReplica() &&
            (['own', 'replica'] as const).map((kind) => (
              <button
                key={kind}
                type="button"
                role="menuitem"
                className="menu-item"
                onClick={() => {
                  close();
                  onPassword(kind);
                }}
              >
                {t(`password.${kind}`)}
              </button>
            ))}
          <button type="button" role="menuitem" className="menu-item" onClick={() => void signOut()}>
            {t('app.signOut')}
          </button>
        </>
      )}
    </Popover>
  );
}
