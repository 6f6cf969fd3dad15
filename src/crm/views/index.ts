export { ViewsController } from './views.controller.js';
export { SavedViews } from './views.service.js';
export { ViewStore } from './view.store.js';
