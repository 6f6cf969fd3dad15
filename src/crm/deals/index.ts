export { Deal } from './deal.record.js';
export { Pipeline } from './pipeline.record.js';
export { Stage } from './stage.record.js';
export { DealBehaviour } from './deal.behaviour.js';
export { StageBehaviour } from './stage.behaviour.js';
export { DefaultPipelineSeeder } from './default-pipeline.seeder.js';
