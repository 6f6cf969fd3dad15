export { TagWorkModule } from './tags/index.js';
export { CrmModule } from './crm.module.js';
export { DefaultPipelineSeeder } from './deals/index.js';
