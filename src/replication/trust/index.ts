export { fingerprintOf } from './enrolment-check.js';
export { addManifestKey, retireManifestKey, rotateRootKey } from './key-roots.js';
export { enrolHost, nextManifestKey, prepareManifestKey } from './host-keys.js';
export { addReplica, revokeReplica, rotateRecipient } from './replica-roots.js';
export { TrustKeeper } from './trust-keeper.js';
export { newestPosition, viewKeys, viewReplicas, type KeyView, type ReplicaView } from './trust-view.js';
