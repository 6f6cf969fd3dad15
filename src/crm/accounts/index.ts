export { Account } from './account.record.js';
