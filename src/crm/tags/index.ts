export { TagBehaviour } from './tag.behaviour.js';
export { TagStore } from './tag.store.js';
export { TagsController } from './tags.controller.js';
export { Tags } from './tags.service.js';
export { TagWorkModule } from './tags.module.js';
