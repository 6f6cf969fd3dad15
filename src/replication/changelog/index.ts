export { changedKeysSql, parseSnapshot, truncateMarker, type Snapshot } from './changed-keys.js';
