export { parsePolicy, type ParsedPolicy } from './document/parse-policy.js';
export {
  createPolicySchema,
  type CustomFieldDefinition,
  type PolicySchema,
} from './document/policy-schema.js';
export type {
  CloudPolicy,
  FieldTreatment,
  PolicyIssue,
  PolicyType,
  Treatment,
} from './document/policy.model.js';
export { compilePolicy, type CompiledPolicy } from './compile/compile-policy.js';
export { activatePolicy, bootstrapPolicy } from './activation/policy-activation.js';
export { proposePolicy } from './activation/policy-proposal.js';
export { readActivePolicy, readPolicySchema, type PolicyVersion } from './activation/policy.store.js';
export type { PolicyState } from './activation/policy.store.js';
export { MaintainerDatabase, POLICY_OPTIONS, type PolicyOptions } from './maintainer-database.js';
export { PolicyService, type ActivePolicy, type PolicyCheck } from './policy.service.js';
export type { TypeNumbers } from './policy-numbers.js';
