import './cloud.css';
import '../../records/list/list.css';
import { Link } from 'react-router';
import { currentSession, isReplica } from '../../api/session.js';
import { EmptyState } from '../../design/EmptyState.js';
import { Skeleton } from '../../design/Skeleton.js';
import { useTexts } from '../../i18n/texts.js';
import { Failure } from '../../records/Failure.js';
import { ConnectorPanel } from './ConnectorPanel.js';
import { ErasuresPanel } from './ErasuresPanel.js';
import { PolicyPanel } from './PolicyPanel.js';
import { ReplicaPage } from './ReplicaPage.js';
import { ReplicaLagsPanel } from './ReplicaLagsPanel.js';
import { ReplicasPanel } from './ReplicasPanel.js';
import { TypeTable } from './TypeTable.js';
import { VersionsPanel } from './VersionsPanel.js';
import { WhatLeftPanel } from './WhatLeftPanel.js';
import { useCloudStatus, usePolicy, usePolicyVersions } from './cloud-api.js';

/** Until all of it is there: each part that came by itself would push the ones below it. */
function Loading() {
  return [180, 320, 480].map((minHeight) => (
    <div key={minHeight} className="card panel-pad" style={{ minHeight }} aria-busy="true">
      <Skeleton width="40%" />
    </div>
  ));
}

export default function CloudPage() {
  return isReplica() ? <ReplicaPage /> : <PremisesPage />;
}

/** What leaves the house, how it is doing on its way, and what stayed home. */
function PremisesPage() {
  const { t } = useTexts();
  const status = useCloudStatus();
  const policy = usePolicy();
  const versions = usePolicyVersions();
  const isLoading = [status, policy, versions].some(({ isPending }) => isPending);
  const problem = status.error ?? policy.error;
  if (problem && !status.data) return <Failure error={problem} />;
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('cloud.title')}</h1>
      </div>
      {isLoading && <Loading />}
      {!isLoading && status.data === null && (
        <EmptyState title={t('cloud.off')} hint={t('cloud.offHint')}>
          <Link to="/" className="button">
            {t('nav.home')}
          </Link>
        </EmptyState>
      )}
      {!isLoading && status.data && (
        <>
          <ConnectorPanel status={status.data} />
          <div className="cloud-columns">
            <TypeTable status={status.data} policy={policy.data ?? null} />
            <ReplicasPanel status={status.data} />
          </div>
          <ReplicaLagsPanel status={status.data} />
        </>
      )}
      {!isLoading && policy.data && <PolicyPanel policy={policy.data} />}
      {!isLoading && <VersionsPanel />}
      {!isLoading && currentSession().may.includes('manageCloud') && (
        <>
          {status.data && <WhatLeftPanel />}
          <ErasuresPanel />
        </>
      )}
    </div>
  );
}
