// What people see of keys and replicas: the roots say who is trusted, the connector what each replica has acknowledged.
import { query } from '../../platform/database/index.js';
import { fingerprintOf } from './enrolment-check.js';
import { manifestKeysOf, replicasOf, rootKeysOf } from './life-spans.js';
import type { TrustKeeper } from './trust-keeper.js';

export interface ReplicaView {
  name: string;
  fingerprint: string;
  recipient: string;
  /** the root that named it first */
  since: number;
  /** the root that no longer did; null: it is enrolled */
  revokedBy: number | null;
  /** null: nothing was ever acknowledged under this name */
  ack: { generation: number; n: number; appliedAt: Date; lagMs: number } | null;
}

export interface KeyView {
  kind: 'root' | 'manifest';
  fingerprint: string;
  /** base64 */
  key: string;
  since: number;
  /** the root that no longer lists it */
  retiredBy: number | null;
  /** a connector signs with it now; null for root keys, which are used by hand */
  isInUse: boolean | null;
}

interface AckRow {
  replica: string;
  generation: number;
  n: number;
  applied_at: Date;
  lag_ms: number;
}

const ACKS = `
  SELECT a.replica, a.generation, a.n, a.applied_at, CASE WHEN next.published_at IS NULL THEN 0
      ELSE greatest(0, extract(epoch FROM now() - next.published_at) * 1000) END::float8 AS lag_ms
  FROM replication.replica_ack a
  LEFT JOIN LATERAL (
    SELECT published_at FROM replication.batch
    WHERE state = 'published' AND (generation, n) > (a.generation, a.n)
    ORDER BY generation, n LIMIT 1) next ON true`;

/** Every replica that was ever named, those that are enrolled first. */
export async function viewReplicas({ chain, dataSource }: TrustKeeper): Promise<ReplicaView[]> {
  const acks = new Map((await query<AckRow>(dataSource, ACKS)).map((row) => [row.replica, row]));
  const known = replicasOf(chain.history());
  // an ack says its name and no key: it is the word of who bears the name now, or bore it last
  const bearers = new Map(known.map((replica) => [replica.name, replica]));
  const views = known.map((replica) => ({
    name: replica.name,
    fingerprint: fingerprintOf(replica.key),
    recipient: replica.recipient,
    since: replica.since,
    revokedBy: replica.until,
    ack: bearers.get(replica.name) === replica ? toAck(acks.get(replica.name)) : null,
  }));
  return [
    ...views.filter(({ revokedBy }) => revokedBy === null),
    ...views.filter(({ revokedBy }) => revokedBy !== null),
  ];
}

function toAck(row: AckRow | undefined): ReplicaView['ack'] {
  if (row === undefined) return null;
  const { generation, n, applied_at: appliedAt, lag_ms: lagMs } = row;
  return { generation, n, appliedAt, lagMs: Math.round(lagMs) };
}

/** The keys of every known root. */
export async function viewKeys({ chain, dataSource }: TrustKeeper): Promise<KeyView[]> {
  const [used] = await query<{ signing_key: string | null }>(
    dataSource,
    'SELECT signing_key FROM replication.trust_root WHERE taken_up_at IS NOT NULL ORDER BY version DESC LIMIT 1',
  );
  const manifest = manifestKeysOf(chain.history()).map(({ key, since, until }) => ({
    ...{ kind: 'manifest' as const, fingerprint: fingerprintOf(key), key, since, retiredBy: until },
    isInUse: used?.signing_key === key,
  }));
  const root = rootKeysOf(chain.history()).map(({ key, since, until }) => ({
    ...{ kind: 'root' as const, fingerprint: fingerprintOf(key), key, since, retiredBy: until },
    isInUse: null,
  }));
  return [...root, ...manifest];
}

/** What a fresh replica is told not to accept less than. */
export async function newestPosition({ dataSource }: TrustKeeper): Promise<string | null> {
  const [row] = await query<{ generation: number; n: number }>(
    dataSource,
    `SELECT generation, n FROM replication.batch WHERE state = 'published' ORDER BY generation DESC, n DESC LIMIT 1`,
  );
  return row === undefined ? null : `${String(row.generation)}.${String(row.n)}`;
}
