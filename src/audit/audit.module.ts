import { Module, type DynamicModule } from '@nestjs/common';
import { AUDIT_OPTIONS, AuditTrail, type AuditOptions } from './audit-trail.service.js';

/** The record of every change. Needs TypeORM's DataSource in the application. */
@Module({})
export class AuditModule {
  static forRoot(options: AuditOptions): DynamicModule {
    return {
      module: AuditModule,
      global: true,
      providers: [{ provide: AUDIT_OPTIONS, useValue: options }, AuditTrail],
      exports: [AuditTrail],
    };
  }
}
