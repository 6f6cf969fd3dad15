export { changesSinceSql, parseSnapshot } from './changed-keys.js';
