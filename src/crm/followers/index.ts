export { FollowStore } from './follow.store.js';
export { FollowersController } from './followers.controller.js';
export { Followers } from './followers.service.js';
export { FollowingController } from './following.controller.js';
export { Following } from './following.service.js';
