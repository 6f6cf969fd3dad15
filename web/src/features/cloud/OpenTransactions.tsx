import { Icon } from '../../design/Icon.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import type { OpenTransaction } from './cloud-api.js';

const quoted = (name: string) => `'${name.replaceAll("'", "''")}'`;

/** How an administrator of PostgreSQL ends it. Null: who has it open is not told to this reader. */
function statementFor({ kind, pid, gid }: OpenTransaction): string | null {
  if (kind === 'session') return pid === null ? null : `SELECT pg_terminate_backend(${String(pid)});`;
  return gid === null ? null : `ROLLBACK PREPARED ${quoted(gid)};`;
}

/** Transactions that keep what they changed at home: what that means, whose they are and what to do. */
export function OpenTransactions({ open }: { open: readonly OpenTransaction[] }) {
  const { t } = useTexts();
  if (open.length === 0) return null;
  return (
    <div className="notice warn" role="alert">
      <Icon name="clock" />
      <div className="stack grow open-transactions">
        <span>
          <b>{t('cloud.open.title', { count: open.length })}</b> {t('cloud.open.effect')}
        </span>
        <ul>
          {open.map((each) => (
            <li key={`${each.kind}${each.since}${String(each.pid)}${String(each.gid)}`}>
              <Holder open={each} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Holder({ open }: { open: OpenTransaction }) {
  const { t } = useTexts();
  const statement = statementFor(open);
  const nameless = t('cloud.open.nameless');
  const values = {
    pid: String(open.pid ?? ''),
    gid: open.gid ?? '',
    role: open.role ?? '–',
    application: open.application === null || open.application === '' ? nameless : open.application,
  };
  return (
    <>
      {statement === null
        ? t(`cloud.open.anonymous.${open.kind}`)
        : open.kind === 'session'
          ? t('cloud.open.session', values)
          : t('cloud.open.prepared', values)}{' '}
      <When value={open.since} />
      {statement !== null && (
        <>
          <br />
          {t(`cloud.open.how.${open.kind}`)} <code>{statement}</code>
        </>
      )}
    </>
  );
}
