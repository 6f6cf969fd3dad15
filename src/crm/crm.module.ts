import { Module } from '@nestjs/common';
import { AccountBehaviour } from './accounts/index.js';
import { ActivityBehaviour } from './activities/index.js';
import { BoardController, BoardService } from './board/index.js';
import { CampaignBehaviour, CampaignMemberBehaviour } from './campaigns/index.js';
import { CaseBehaviour } from './cases/index.js';
import { DealLineBehaviour } from './deal-lines/index.js';
import {
  DealBehaviour,
  DealMover,
  DefaultPipelineSeeder,
  PipelineBehaviour,
  PipelinesController,
  StageBehaviour,
} from './deals/index.js';
import { ConversionController, LeadBehaviour, LeadConversion, LeadMatching } from './leads/index.js';
import './record-types.js';
import { SocialModule } from './social.module.js';
import { TimelineController, TimelineService } from './timeline/index.js';

/** The CRM's record types and what they do beyond create, read, update, delete. */
@Module({
  imports: [SocialModule],
  controllers: [BoardController, PipelinesController, ConversionController, TimelineController],
  providers: [
    AccountBehaviour,
    ActivityBehaviour,
    BoardService,
    CampaignBehaviour,
    CampaignMemberBehaviour,
    CaseBehaviour,
    DealBehaviour,
    DealLineBehaviour,
    DealMover,
    PipelineBehaviour,
    LeadBehaviour,
    LeadConversion,
    LeadMatching,
    StageBehaviour,
    DefaultPipelineSeeder,
    TimelineService,
  ],
  exports: [DefaultPipelineSeeder],
})
export class CrmModule {}
