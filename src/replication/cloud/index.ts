export { CloudModule } from './cloud.module.js';
