export { TimelineController } from './timeline.controller.js';
export { TimelineService } from './timeline.service.js';
export type { TimelineEntry, TimelinePage } from './timeline.entry.js';
