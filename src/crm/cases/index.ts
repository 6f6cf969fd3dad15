import './case.record.js';
export { CaseBehaviour } from './case.behaviour.js';
