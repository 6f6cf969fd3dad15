import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { HealthModule } from '../../platform/health/index.js';
import { OMITTED_FIELDS } from '../../records/index.js';
import { AttachmentOpener } from './attachment-opener.js';
import { addReplicaHeaders } from './replica-headers.js';
import { ReplicaOmittedFields } from './replica-omitted-fields.js';
import { ReplicaStatusController } from './replica-status.controller.js';
import { ReplicaStatus } from './replica-status.js';
import { ReplicaService } from './replica.service.js';

/** Follows the bucket and tells how old the state is. Needs config and logger in the application. */
@Global()
@Module({
  imports: [HealthModule],
  controllers: [ReplicaStatusController],
  providers: [
    { provide: ReplicaStatus, useFactory: () => new ReplicaStatus() },
    { provide: OMITTED_FIELDS, useClass: ReplicaOmittedFields },
    ReplicaService,
    {
      provide: AttachmentOpener,
      inject: [ReplicaService],
      useFactory: (replica: ReplicaService) => replica.attachments,
    },
  ],
  exports: [ReplicaStatus, OMITTED_FIELDS, AttachmentOpener],
})
export class ReplicaModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly status: ReplicaStatus,
  ) {}

  onModuleInit(): void {
    addReplicaHeaders(this.host.httpAdapter.getInstance<FastifyInstance>(), this.status);
  }
}
