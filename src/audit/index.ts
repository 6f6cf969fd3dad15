export { AuditModule } from './audit.module.js';
export { AUDIT_OPTIONS, AuditTrail, type AuditOptions } from './audit-trail.service.js';
export type { AuditEntry, AuditRecord } from './audit-entry.js';
export type { HistoryPage } from './audit-history.js';
export { AuditKeyMissing, AuditPayloadBroken } from './audit.errors.js';
