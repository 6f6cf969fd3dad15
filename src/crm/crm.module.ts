import { Module } from '@nestjs/common';
import { AccountBehaviour } from './accounts/index.js';
import { ActivityBehaviour } from './activities/index.js';
import { CaseBehaviour } from './cases/index.js';
import { DealBehaviour, DefaultPipelineSeeder, StageBehaviour } from './deals/index.js';
import './record-types.js';
import { TimelineController, TimelineService } from './timeline/index.js';

/** The CRM's record types and what they do beyond create, read, update, delete. */
@Module({
  controllers: [TimelineController],
  providers: [
    AccountBehaviour,
    ActivityBehaviour,
    CaseBehaviour,
    DealBehaviour,
    StageBehaviour,
    DefaultPipelineSeeder,
    TimelineService,
  ],
  exports: [DefaultPipelineSeeder],
})
export class CrmModule {}
