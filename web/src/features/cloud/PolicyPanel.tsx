import { lazy, Suspense, useState } from 'react';
import { isReplica } from '../../api/session.js';
import { Button } from '../../design/Button.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { When } from '../../records/values/When.js';
import { Allowances } from './Allowances.js';
import { TryRecord } from './TryRecord.js';
import type { Policy } from './cloud-api.js';

// with all that reads and writes YAML, which who only looks does not need
const PolicyEditor = lazy(() => import('./PolicyEditor.js'));

/** The policy in force, as it was approved. */
export function PolicyPanel({ policy }: { policy: Policy }) {
  const { t } = useTexts();
  const [isEditing, setEditing] = useState(false);
  return (
    <section className="card">
      <header className="row panel-pad wrap">
        <h2>{t('cloud.policy', { version: policy.version })}</h2>
        <span className="badge good">{t('cloud.inForce')}</span>
        <span className="muted small">
          {policy.activatedAt && <When value={policy.activatedAt} />} · {policy.hash.slice(0, 12)}
        </span>
        <span className="grow" />
        {!isReplica() && !isEditing && (
          <Button
            icon="edit"
            onClick={() => {
              setEditing(true);
            }}
          >
            {t('cloud.propose')}
          </Button>
        )}
      </header>
      {isEditing ? (
        <Suspense fallback={<Skeleton width="100%" height={420} />}>
          <PolicyEditor
            policy={policy}
            onClose={() => {
              setEditing(false);
            }}
          />
        </Suspense>
      ) : (
        <>
          <div className="panel-pad stack">
            <Allowances allow={policy.allow} />
            <TryRecord yaml={null} />
          </div>
          <pre className="yaml" tabIndex={0} aria-label={t('cloud.yaml')}>
            {policy.yaml}
          </pre>
        </>
      )}
    </section>
  );
}
