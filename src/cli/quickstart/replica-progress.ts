import type { ApiClient } from '../api-client.js';
import { waitUntil } from './wait.js';

interface PrimaryStatus {
  readonly generation: number | null;
  readonly n: number | null;
  readonly backlog: number;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

interface ReplicaStatus {
  readonly generation: number | null;
  readonly n: number | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

const timeoutMs = 10 * 60_000;

/** Waits until everything committed on premises is published, and the replica has applied that. */
export async function waitForReplica(
  primary: ApiClient,
  replica: ApiClient,
  progress: (text: string) => void,
): Promise<void> {
  await waitUntil(
    'the replica to apply what was published',
    async () => {
      const sent = await primary.get<PrimaryStatus>('/cloud/status');
      const applied = await replica.get<ReplicaStatus>('/cloud/status');
      progress(
        `published ${positionOf(sent)}, applied ${positionOf(applied)}${explain(sent.lastError ?? applied.lastError)}`,
      );
      return sent.n !== null && sent.backlog === 0 && positionOf(sent) === positionOf(applied);
    },
    timeoutMs,
  );
}

function positionOf({ generation, n }: { generation: number | null; n: number | null }): string {
  return n === null ? 'nothing yet' : `${generation ?? '?'}.${n}`;
}

function explain(error: { code: string; message: string } | null): string {
  return error === null ? '' : ` (${error.code}: ${error.message})`;
}
