import { isReplica } from '../../api/session.js';
import { Button } from '../../design/Button.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { toast } from '../../shell/toast-list.js';
import { Allowances } from './Allowances.js';
import { approvePolicy, usePolicyVersions } from './cloud-api.js';
import { useAcknowledged } from './use-acknowledged.js';

const looks: Record<string, string> = { active: 'good', proposed: 'info', rejected: 'bad' };

/** Every policy there ever was, who proposed it, who approved it and why. */
export function VersionsPanel() {
  const { t, find } = useTexts();
  const [attempt, warnings] = useAcknowledged();
  const { data } = usePolicyVersions();
  if (!data || data.length === 0) return null;
  const approve = (version: number) =>
    attempt(
      (acknowledged) => approvePolicy(version, acknowledged),
      () => {
        toast(t('cloud.approved', { version }));
      },
    );
  return (
    <section className="card">
      <h2 className="panel-pad">{t('cloud.history')}</h2>
      <ul className="versions">
        {data.map((version) => (
          <li key={version.version} className="row wrap">
            <b className="version-number">{version.version}</b>
            <span className={`badge ${looks[version.state] ?? ''}`}>
              {find(`cloud.versionStates.${version.state}`) ?? version.state}
            </span>
            <span className="grow ellipsis">{version.reason ?? ''}</span>
            <span className="muted small">
              {version.bootstrap && t('cloud.bootstrap')}
              {version.proposedBy?.name && t('cloud.by', { name: version.proposedBy.name })}{' '}
              {version.approvedBy?.name && t('cloud.approvedBy', { name: version.approvedBy.name })}{' '}
              {(version.activatedAt ?? version.proposedAt) && (
                <When value={version.activatedAt ?? version.proposedAt ?? ''} />
              )}
            </span>
            <Allowances allow={version.allow} />
            {version.state === 'proposed' && !isReplica() && (
              <Button look="primary" onClick={() => void approve(version.version)}>
                {t('cloud.approve')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {warnings}
    </section>
  );
}
