import './lead.record.js';
export { LeadBehaviour } from './lead.behaviour.js';
