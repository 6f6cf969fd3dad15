export { ReplicaModule } from './replica.module.js';
export { ReplicaStatus, type ReplicaStatusView } from './replica-status.js';
export { ReplicaFollower, type FollowerSettings, type StepOutcome } from './replica-follower.js';
export { PINNED_ROOT_FILE } from './replica-trust.js';
export { addReplicaHeaders } from './replica-headers.js';
export type { AppliedState, LastError } from './replica-state.store.js';
export { ReplicaError, type ReplicaErrorCode } from './replica.errors.js';
