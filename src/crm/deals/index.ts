import './deal.record.js';
import './pipeline.record.js';
import './stage.record.js';
export { dealStatuses, type DealStatus } from './deal-status.js';
export { DealBehaviour } from './deal.behaviour.js';
export { StageBehaviour } from './stage.behaviour.js';
export { DefaultPipelineSeeder } from './default-pipeline.seeder.js';
