export { lookPauseMs, pause, retryPauseMs } from './pauses.js';
