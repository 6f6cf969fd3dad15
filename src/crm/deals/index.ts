export { Deal } from './deal.record.js';
export { Pipeline } from './pipeline.record.js';
export { Stage } from './stage.record.js';
