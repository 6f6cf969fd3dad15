import { Module, type DynamicModule } from '@nestjs/common';
import { AUDIT_OPTIONS, AuditTrail, type AuditOptions } from './audit-trail.service.js';
import { AuditProofs } from './checkpoints/audit-proofs.service.js';
import { AuditSealer, SEALING_OPTIONS, type SealingOptions } from './checkpoints/audit-sealer.service.js';
import { SealingTimer } from './checkpoints/sealing-timer.js';

/** The record of every change. Needs TypeORM's DataSource in the application. */
@Module({})
export class AuditModule {
  /** @param sealing only where the audit is sealed: in a server on premises */
  static forRoot(options: AuditOptions, sealing?: SealingOptions): DynamicModule {
    const ofSealing = sealing
      ? [{ provide: SEALING_OPTIONS, useValue: sealing }, AuditSealer, SealingTimer, AuditProofs]
      : [];
    return {
      module: AuditModule,
      global: true,
      providers: [{ provide: AUDIT_OPTIONS, useValue: options }, AuditTrail, ...ofSealing],
      exports: [AuditTrail, ...(sealing ? [AuditSealer, AuditProofs] : [])],
    };
  }
}
