export { verifyBucket, type VerifyOptions } from './verify-bucket.js';
export type { VerifyReport } from './report.js';
export type { Finding, Severity } from './findings.js';
export type { ProgressView } from './progress.js';
export type { PremisesRecord, RecordedBatch } from './premises.port.js';
export { CannotVerify } from './verify.errors.js';
export { PublishedBatches } from './published-batches.js';
