export { BucketAdmission } from './bucket-admission.js';
export { PublishLaneService } from './publish-lane.service.js';
export { KeptRoots } from './kept-roots.js';
export { ConnectorTrust } from './trust.js';
