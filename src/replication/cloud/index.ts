export { CloudModule } from './cloud.module.js';
export { CloudControlService } from './cloud-control.service.js';
export { CloudStatusService } from './cloud-status.service.js';
export { PublicationsService, type RecordPublication } from './publications.service.js';
export { CloudBrakeService } from './cloud-brake.service.js';
export { ReplicaLagsService } from './replica-lags.service.js';
