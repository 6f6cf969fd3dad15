import './deal-line.record.js';
export { DealLineBehaviour } from './deal-line.behaviour.js';
