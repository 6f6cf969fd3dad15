export { pause, retryPauseMs } from './pauses.js';
