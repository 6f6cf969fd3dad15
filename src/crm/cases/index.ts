export { Case } from './case.record.js';
export { CaseBehaviour } from './case.behaviour.js';
