export { PartSweep } from './part-sweep.js';
export { PurgeReconciler } from './purge.reconciler.js';
export { PurgeWorker } from './purge.worker.js';
export { purgeGenerationsBelow } from './purge-generations.js';
