export { ReplicaModule } from './replica.module.js';
export type { ReplicaStatusView } from './replica-status.js';
export { ReplicaFollower, type FollowerSettings, type StepOutcome } from './replica-follower.js';
export { fileKey } from './file-keys.js';
export { PINNED_ROOT_FILE } from './replica-trust.js';
export type { AppliedState, LastError } from './replica-state.store.js';
export type { ReplicaErrorCode } from './replica.errors.js';
export {
  AttachmentOpener,
  AttachmentPending,
  AttachmentRefused,
  type SealedAttachment,
} from './attachment-opener.js';
