export { Activity } from './activity.record.js';
