export { BucketAdmission } from './bucket-admission.js';
export { PublishLaneService } from './publish-lane.service.js';
export { ConnectorTrust } from './trust.js';
