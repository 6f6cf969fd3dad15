export { AuditModule } from './audit.module.js';
export { AuditTrail, type AuditOptions } from './audit-trail.service.js';
export type { AuditEntry, AuditRecord } from './audit-entry.js';
export type { HistoryPage } from './audit-history.js';
