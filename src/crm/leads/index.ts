import './lead.record.js';
export { ConversionController } from './conversion/conversion.controller.js';
export { parseConversion } from './conversion/conversion-input.js';
export { LeadConversion } from './conversion/lead-conversion.command.js';
export { LeadMatching } from './conversion/lead-matches.service.js';
export { LeadBehaviour } from './lead.behaviour.js';
