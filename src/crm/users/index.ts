export { User } from './user.record.js';
