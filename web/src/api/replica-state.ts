// A replica says with every answer how old its data is; the banner shows the newest of these.
import { createStore } from './store.js';

export interface ReplicaState {
  asOf: string;
  lagMs: number;
}

export const replicaState = createStore<ReplicaState | null>(null);

export function noteReplicaState(headers: Headers): void {
  const asOf = headers.get('Holdfast-As-Of');
  if (!asOf) return;
  const lagMs = Number(headers.get('Holdfast-Lag-Ms') ?? '0');
  const known = replicaState.get();
  if (known?.asOf === asOf && known.lagMs === lagMs) return;
  replicaState.set({ asOf, lagMs });
}
