export { activatePolicy, bootstrapPolicy, closeGate } from './activation/policy-activation.js';
export { proposePolicy } from './activation/policy-proposal.js';
export { readActivePolicy, type PolicyState, type PolicyVersion } from './activation/policy.store.js';
export { MaintainerDatabase, POLICY_OPTIONS, type PolicyOptions } from './maintainer-database.js';
export { PolicyService, type ActivePolicy, type PolicyCheck, type PolicyPreview } from './policy.service.js';
