export { AttachmentReconciler } from './attachments.reconciler.js';
export { AttachmentServices } from './attachments.services.js';
export { AttachmentWorker, CollectWorker } from './attachments.worker.js';
