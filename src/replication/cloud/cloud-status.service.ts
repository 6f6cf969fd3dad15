import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { ACCESS_POLICY, type AccessPolicy, type RequestContext } from '../../records/index.js';
import { PolicyService, readActivePolicy, type PolicyVersion } from '../policy/index.js';
import { readBrake, type BrakeState } from './brake-state.js';
import { readOpenTransactions, type OpenTransaction } from './open-transactions.js';

/** Described for OpenAPI by CloudStatusDto. */
export interface CloudStatus {
  readonly enabled: boolean;
  readonly generation: number | null;
  readonly n: number | null;
  readonly publishedAt: Date | null;
  readonly asOf: Date | null;
  readonly lagMs: number | null;
  readonly backlog: number;
  readonly spoolBytes: number;
  readonly connector: string;
  readonly seenAt: Date | null;
  readonly paused: boolean;
  /** null: nothing is held */
  readonly brake: BrakeState | null;
  /** open for minutes: what they changed waits for their end */
  readonly openTransactions: readonly OpenTransaction[];
  readonly policy: Pick<PolicyVersion, 'version' | 'hash' | 'activatedAt'> | null;
  readonly lastError: { readonly code: string; readonly message: string; readonly at: string | null } | null;
  readonly types: readonly { readonly type: string; readonly published: number; readonly withheld: number }[];
  readonly replicas: readonly ReplicaStatus[];
  readonly attachments: AttachmentStatus;
}

/** Files that the policy selects, by where they stand on their way. */
interface AttachmentStatus {
  /** granted and not in the bucket: waiting, being sent, or failed */
  readonly pending: number;
  readonly available: number;
  /** of the pending ones: to be tried again later */
  readonly failed: number;
  /** sealed, in the bucket */
  readonly bytes: number;
  /** plain, of the pending ones */
  readonly pendingBytes: number;
  readonly failures: readonly AttachmentFailure[];
}

interface AttachmentFailure {
  readonly blobId: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly retryAt: Date | null;
}

interface ReplicaStatus {
  readonly name: string;
  readonly generation: number;
  readonly n: number;
  readonly appliedAt: Date;
  readonly lagMs: number;
}

interface StatusRow {
  generation: number | null;
  n: number | null;
  published_at: Date | null;
  as_of: Date | null;
  lag_ms: number | null;
  backlog: string;
  spool_bytes: string;
  state: string;
  last_error: { code?: string; message?: string; at?: string } | null;
  seen_at: Date | null;
  paused: boolean;
  published: { type: string; count: number }[] | null;
}

/** One statement, so that all of it is of one moment. What was published stands in the last published batch. */
const readStatus = `
  SELECT s.generation, s.n, s.published_at, s.as_of, s.backlog, s.spool_bytes, s.state, s.last_error, s.seen_at,
    c.paused, b.types AS published,
    CASE WHEN s.backlog > 0 THEN greatest(0, extract(epoch FROM now() - s.as_of) * 1000)::bigint::int ELSE 0 END AS lag_ms
  FROM replication.connector_status s CROSS JOIN replication.connector_control c
  LEFT JOIN LATERAL (
    SELECT types FROM replication.batch WHERE state = 'published' ORDER BY generation DESC, n DESC LIMIT 1) b ON true`;

const readReplicas = `
  SELECT a.replica AS name, a.generation, a.n, a.applied_at AS "appliedAt",
    CASE WHEN next.published_at IS NULL THEN 0
      ELSE greatest(0, extract(epoch FROM now() - next.published_at) * 1000)::bigint END::int AS "lagMs"
  FROM replication.replica_ack a
  LEFT JOIN LATERAL (
    SELECT published_at FROM replication.batch
    WHERE state = 'published' AND (generation, n) > (a.generation, a.n)
    ORDER BY generation, n LIMIT 1) next ON true
  WHERE a.revoked_at IS NULL
  ORDER BY a.replica`;

const readFiles = `
  SELECT count(*) FILTER (WHERE o.state IS DISTINCT FROM 'available')::int AS pending,
    count(*) FILTER (WHERE o.state = 'available')::int AS available,
    count(*) FILTER (WHERE o.state = 'failed')::int AS failed,
    coalesce(sum(o.object_bytes) FILTER (WHERE o.state = 'available'), 0)::float8 AS bytes,
    coalesce(sum(g.bytes) FILTER (WHERE o.state IS DISTINCT FROM 'available'), 0)::float8 AS "pendingBytes"
  FROM replication.file_grant g LEFT JOIN replication.blob_object o ON o.blob_id = g.blob_id`;
const readFailures = `
  SELECT o.blob_id AS "blobId", o.error_code AS code, o.error AS message, o.attempts, o.retry_at AS "retryAt"
  FROM replication.blob_object o WHERE o.state = 'failed' ORDER BY o.attempts DESC, o.updated_at DESC LIMIT 20`;

/** How replication stands, for people and for scripts. */
@Injectable()
export class CloudStatusService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly policies: PolicyService,
    @Inject(ACCESS_POLICY) private readonly access: AccessPolicy,
  ) {}

  async status(ctx: RequestContext): Promise<CloudStatus> {
    const [row] = await query<StatusRow>(this.dataSource, readStatus);
    const active = await readActivePolicy(this.dataSource);
    const replicas = await query<ReplicaStatus>(this.dataSource, readReplicas);
    const attachments = await this.attachments(ctx);
    const counts = active ? await this.policies.counts(active) : [];
    const published = new Map((row?.published ?? []).map((entry) => [entry.type, entry.count] as const));
    return {
      enabled: active !== null,
      generation: row?.generation ?? null,
      n: row?.n ?? null,
      publishedAt: row?.published_at ?? null,
      asOf: row?.as_of ?? null,
      lagMs: row?.lag_ms ?? null,
      backlog: Number(row?.backlog ?? 0),
      spoolBytes: Number(row?.spool_bytes ?? 0),
      connector: row?.state ?? 'stopped',
      seenAt: row?.seen_at ?? null,
      paused: row?.paused ?? false,
      brake: await readBrake(this.dataSource, this.access.hasFlag(ctx, 'manageCloud')),
      openTransactions: await readOpenTransactions(this.dataSource, this.access.hasFlag(ctx, 'manageCloud')),
      policy: active && { version: active.version, hash: active.hash, activatedAt: active.activatedAt },
      lastError: this.lastError(ctx, row?.last_error ?? null),
      types: counts.map(({ type, withheld }) => ({ type, published: published.get(type) ?? 0, withheld })),
      replicas,
      attachments,
    };
  }

  private async attachments(ctx: RequestContext): Promise<AttachmentStatus> {
    const [files] = await query<Omit<AttachmentStatus, 'failures'>>(this.dataSource, readFiles);
    const failures = await query<AttachmentFailure>(this.dataSource, readFailures);
    const mayRead = this.access.hasFlag(ctx, 'manageCloud');
    return {
      ...(files ?? { pending: 0, available: 0, failed: 0, bytes: 0, pendingBytes: 0 }),
      failures: failures.map((failure) => ({ ...failure, message: mayRead ? failure.message : '' })),
    };
  }

  /** The message may name hosts and folders: it is for those who can do something about it. */
  private lastError(ctx: RequestContext, error: StatusRow['last_error']): CloudStatus['lastError'] {
    if (error === null) return null;
    const message = this.access.hasFlag(ctx, 'manageCloud') ? (error.message ?? '') : '';
    return { code: error.code ?? 'unknown', message, at: error.at ?? null };
  }
}
