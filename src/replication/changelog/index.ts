export { changedKeysSql } from './changed-keys.js';
