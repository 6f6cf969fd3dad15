import './account.record.js';
export { AccountBehaviour } from './account.behaviour.js';
