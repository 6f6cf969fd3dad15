export { ErasureModule } from './erasure.module.js';
export { ErasureReplay } from './erasure-replay.service.js';
export { ErasureLedger } from './erasure-ledger.js';
