export { collectObjects, purgeGenerations, uploadAttachment } from './connector.jobs.js';
