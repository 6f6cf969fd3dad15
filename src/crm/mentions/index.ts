export { MentionBehaviour } from './mention.behaviour.js';
export { MentionsController } from './mentions.controller.js';
export { Mentions } from './mentions.service.js';
