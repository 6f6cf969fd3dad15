export { AuditModule } from './audit.module.js';
export { AuditTrail, type AuditOptions } from './audit-trail.service.js';
export type { AuditEntry, AuditRecord } from './audit-entry.js';
export type { HistoryPage } from './audit-history.js';
export { AuditSigningKeyMissing } from './audit.errors.js';
export {
  AuditProofs,
  type ConsistencyProof,
  type InclusionProof,
} from './checkpoints/audit-proofs.service.js';
export { AuditSealer, type SealingOptions } from './checkpoints/audit-sealer.service.js';
export { auditOrigin, openCheckpoint } from './checkpoints/checkpoint.js';
export type { NoteSigner } from './checkpoints/signed-note.js';
export { verifyAudit, type AuditVerification, type VerifyOptions } from './verify/verify-audit.js';
