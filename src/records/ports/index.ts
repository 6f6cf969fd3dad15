export * from './access-policy.js';
export * from './record-behaviour.js';
export { RecordBehaviours } from './record-behaviours.js';
export type { Principal, RequestContext } from '../../platform/http/index.js';
export * from './omitted-fields.js';
export * from './part-rights.js';
