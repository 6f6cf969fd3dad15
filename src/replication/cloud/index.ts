export { CloudModule } from './cloud.module.js';
export { CloudStatusService } from './cloud-status.service.js';
