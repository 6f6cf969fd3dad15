export { Contact } from './contact.record.js';
