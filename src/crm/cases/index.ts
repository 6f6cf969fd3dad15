export { Case } from './case.record.js';
