export { PublishLaneService } from './publish-lane.service.js';
