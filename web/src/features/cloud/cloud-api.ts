import { useQuery } from '@tanstack/react-query';
import { isProblem } from '../../api/problem.js';
import { request } from '../../api/http.js';

export interface TypeCount {
  type: string;
  published: number;
  withheld: number;
}
export interface ReplicaStanding {
  name: string;
  generation: number;
  n: number;
  appliedAt: string | null;
  lagMs: number | null;
}
/** What a replica says of itself; the rest it cannot know. */
export interface ReplicaStatus {
  generation: number | null;
  n: number | null;
  asOf: string | null;
  lagMs: number | null;
  stale: boolean;
  policy: { version: number } | null;
  lastError: { code: string; message: string; at: string } | null;
  types: { type: string; count: number }[];
}
/** Deletes that the connector holds back until a person confirms them. */
export interface Brake {
  since: string;
  token: string;
  deletes: Record<string, number>;
  threshold: number;
  samples: Record<string, string[]>;
  confirmation: { by: Person; expiresAt: string } | null;
}
/** A transaction that has been open for minutes; who has it open is told to those who manage the cloud. */
export interface OpenTransaction {
  kind: 'session' | 'prepared';
  since: string;
  pid: number | null;
  gid: string | null;
  role: string | null;
  application: string | null;
}
export interface CloudStatus {
  enabled: boolean;
  generation: number | null;
  n: number | null;
  publishedAt: string | null;
  asOf: string | null;
  lagMs: number | null;
  backlog: number;
  spoolBytes: number;
  policy: { version: number; hash: string; activatedAt: string } | null;
  lastError: { code: string; message: string; at: string } | null;
  paused: boolean;
  brake?: Brake | null;
  openTransactions?: OpenTransaction[];
  /** what the connector is doing */
  connector: string;
  seenAt: string | null;
  types?: TypeCount[];
  replicas?: ReplicaStanding[];
}
export interface FieldTreatment {
  included: string[];
  omitted: string[];
  masked: string[];
  pseudonymised?: string[];
  generalised?: string[];
}
export interface PolicyType {
  type: string;
  included?: number;
  withheld?: number;
  fields?: FieldTreatment;
}
export interface Policy {
  version: number;
  yaml: string;
  hash: string;
  activatedAt: string | null;
  proposedBy: Person | null;
  approvedBy: Person | null;
  allow?: Allowance[];
  types?: PolicyType[];
}
/** What a policy lets out against its classification, and why. */
export interface Allowance {
  what: string;
  reason: string;
}
/** What must have been read before a policy is proposed or approved. */
export interface PolicyWarning {
  code: string;
  cause: string;
  effect: string;
  action: string;
}
export interface OutgoingRecord {
  leaves: boolean;
  /** byte for byte what is sealed */
  row: string | null;
  reasons: { code: string; through: string | null; message: string }[];
}
export interface Person {
  id: string;
  name: string | null;
}
export interface PolicyVersion {
  version: number;
  hash: string;
  state: string;
  bootstrap?: boolean;
  proposedBy: Person | null;
  approvedBy: Person | null;
  reason: string | null;
  allow?: Allowance[];
  proposedAt: string | null;
  activatedAt: string | null;
}
export interface PolicyFault {
  line: number | null;
  column: number | null;
  path: string;
  message: string;
  suggestion?: string | null;
}
export interface PolicyCheck {
  ok: boolean;
  errors: PolicyFault[];
  counts: PolicyType[];
}

interface Movement {
  count: number;
  samples: { id: string; title: string | null }[];
}
interface FileAmount {
  count: number;
  bytes: number;
}
export interface TypePreview {
  type: string;
  now: number;
  then: number;
  enters: Movement;
  leaves: Movement;
  fields: {
    enter: string[];
    leave: string[];
    changed: { field: string; now: string; then: string }[];
  };
  attachments: Record<'now' | 'then' | 'enters' | 'leaves', FileAmount> | null;
}
export interface PolicyPreview {
  ok: boolean;
  against: number | null;
  allow?: Allowance[];
  types: TypePreview[];
}

const statusEveryMs = 2000;

async function read<T>(path: string, signal: AbortSignal): Promise<T | null> {
  try {
    return (await request<T>(path, { signal })).body;
  } catch (error) {
    // nothing is set up yet
    if (isProblem(error) && error.status === 404) return null;
    throw error;
  }
}

export function useCloudStatus() {
  return useQuery({
    queryKey: ['cloud', 'status'],
    queryFn: ({ signal }) => read<CloudStatus>('/cloud/status', signal),
    refetchInterval: statusEveryMs,
    staleTime: 0,
  });
}

export function useReplicaStatus() {
  return useQuery({
    queryKey: ['cloud', 'replica-status'],
    queryFn: async ({ signal }) => (await request<ReplicaStatus>('/cloud/status', { signal })).body,
    refetchInterval: statusEveryMs,
    staleTime: 0,
  });
}

export function usePolicy() {
  return useQuery({
    queryKey: ['cloud', 'policy'],
    queryFn: ({ signal }) => read<Policy>('/cloud/policy', signal),
  });
}

export function usePolicyVersions() {
  return useQuery({
    queryKey: ['cloud', 'versions'],
    queryFn: async ({ signal }) =>
      (await read<{ data: PolicyVersion[] }>('/cloud/policy/versions', signal))?.data ?? [],
  });
}

export const checkPolicy = async (yaml: string, signal: AbortSignal): Promise<PolicyCheck> =>
  (await request<PolicyCheck>('/cloud/policy/check', { method: 'POST', body: { yaml }, signal })).body;

export const previewPolicy = async (yaml: string, signal: AbortSignal): Promise<PolicyPreview> =>
  (await request<PolicyPreview>('/cloud/policy/preview', { method: 'POST', body: { yaml }, signal })).body;

export const proposePolicy = (yaml: string, reason: string, acknowledge: string[]) =>
  request('/cloud/policy/propose', { method: 'POST', body: { yaml, reason, acknowledge } });

export const approvePolicy = (version: number, acknowledge: string[]) =>
  request(`/cloud/policy/${String(version)}/approve`, { method: 'POST', body: { acknowledge } });

/** What a refusal wants to be acknowledged; empty where it is another refusal. */
export function warningsOf(error: unknown): PolicyWarning[] {
  if (!isProblem(error) || error.code !== 'policy_needs_acknowledgement') return [];
  return (error.body as { warnings?: PolicyWarning[] }).warnings ?? [];
}

export const confirmBrake = ({ token, deletes }: Brake, reason: string) =>
  request('/cloud/brake/confirm', {
    method: 'POST',
    body: { token, deletes, ...(reason === '' ? {} : { reason }) },
  });

/** @param yaml null: under the policy in force */
export async function outgoingRecord(type: string, id: string, yaml: string | null): Promise<OutgoingRecord> {
  const path = `/cloud/records/${encodeURIComponent(type)}/${encodeURIComponent(id)}/outgoing`;
  const how = yaml === null ? {} : { method: 'POST' as const, body: { yaml } };
  return (await request<OutgoingRecord>(path, how)).body;
}
