import { Module, type DynamicModule } from '@nestjs/common';
import {
  MaintainerDatabase,
  OutgoingService,
  POLICY_OPTIONS,
  PolicyService,
  type PolicyOptions,
} from '../policy/index.js';
import { CloudBrakeController } from './cloud-brake.controller.js';
import { CloudBrakeService } from './cloud-brake.service.js';
import { CloudController } from './cloud.controller.js';
import { CloudRecordsController } from './cloud-records.controller.js';
import { CloudControlService } from './cloud-control.service.js';
import { PublicationsController } from './publications.controller.js';
import { PublicationsService } from './publications.service.js';
import { ReceiptsController } from './receipts.controller.js';
import { ReceiptsService } from './receipts.service.js';
import { ReplicaLagsController } from './replica-lags.controller.js';
import { ReplicaLagsService } from './replica-lags.service.js';
import { CloudStatusService } from './cloud-status.service.js';

/** The primary's side of the cloud. Needs DataSource, AuditTrail and ACCESS_POLICY in the application. */
@Module({})
export class CloudModule {
  static forRoot(options: PolicyOptions): DynamicModule {
    return {
      module: CloudModule,
      controllers: [
        CloudController,
        ReceiptsController,
        PublicationsController,
        CloudBrakeController,
        CloudRecordsController,
        ReplicaLagsController,
      ],
      providers: [
        { provide: POLICY_OPTIONS, useValue: options },
        MaintainerDatabase,
        PolicyService,
        OutgoingService,
        CloudStatusService,
        CloudControlService,
        ReceiptsService,
        PublicationsService,
        CloudBrakeService,
        ReplicaLagsService,
      ],
      exports: [PolicyService],
    };
  }
}
