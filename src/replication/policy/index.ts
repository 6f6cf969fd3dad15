export { activatePolicy, bootstrapPolicy } from './activation/policy-activation.js';
export { proposePolicy } from './activation/policy-proposal.js';
export { readActivePolicy, type PolicyState, type PolicyVersion } from './activation/policy.store.js';
export { MaintainerDatabase, POLICY_OPTIONS, type PolicyOptions } from './maintainer-database.js';
export { PolicyService, type ActivePolicy, type PolicyCheck, type PolicyPreview } from './policy.service.js';
export { policyWarningCodes, type PolicyWarningCode } from './preview/policy-warnings.js';
export { OutgoingService, type OutgoingRecord } from './outgoing/outgoing.service.js';
export { stayCodes, type StayReason } from './outgoing/stay-reasons.js';
