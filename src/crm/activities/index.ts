import './activity.record.js';
export { ActivityBehaviour } from './activity.behaviour.js';
