import { Body, Controller, Get, HttpCode, Param, ParseIntPipe, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NotFound } from '../../platform/errors/index.js';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import {
  PolicyService,
  type ActivePolicy,
  type PolicyCheck,
  type PolicyPreview,
  type PolicyVersion,
} from '../policy/index.js';
import { CloudControlService } from './cloud-control.service.js';
import { CloudStatusService, type CloudStatus } from './cloud-status.service.js';
import { PolicyPreviewDto } from './policy-preview.dto.js';
import {
  ActivePolicyDto,
  CloudStatusDto,
  NewHistoryDto,
  PauseDto,
  PolicyApprovalDto,
  PolicyCheckDto,
  PolicyDocumentDto,
  PolicyProposalDto,
  PolicyVersionDto,
  PolicyVersionsDto,
} from './cloud.dto.js';

/** The cloud as seen from the premises: how replication stands, and what may leave. */
@ApiTags('cloud')
@Controller('api/v1/cloud')
export class CloudController {
  constructor(
    private readonly statuses: CloudStatusService,
    private readonly policies: PolicyService,
    private readonly control: CloudControlService,
  ) {}

  @Get('status')
  @ApiOperation({ operationId: 'getCloudStatus', summary: 'How replication stands' })
  @ApiResponse({ status: 200, type: CloudStatusDto })
  status(@Ctx() ctx: RequestContext): Promise<CloudStatus> {
    return this.statuses.status(ctx);
  }

  @Post('pause')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'pauseCloud',
    summary: 'Hold the connector: nothing more goes into the bucket, changes wait',
  })
  @ApiResponse({ status: 204 })
  pause(@Ctx() ctx: RequestContext, @Body() body: PauseDto): Promise<void> {
    return this.control.setPaused(ctx, true, body.reason);
  }

  @Post('resume')
  @HttpCode(204)
  @ApiOperation({ operationId: 'resumeCloud', summary: 'Let the connector go on' })
  @ApiResponse({ status: 204 })
  resume(@Ctx() ctx: RequestContext, @Body() body: PauseDto): Promise<void> {
    return this.control.setPaused(ctx, false, body.reason);
  }

  @Post('new-history')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'allowNewHistory',
    summary: 'After a fork: this database counts, a new generation may begin from it within the hour',
  })
  @ApiResponse({ status: 204 })
  newHistory(@Ctx() ctx: RequestContext, @Body() body: NewHistoryDto): Promise<void> {
    return this.control.allowNewHistory(ctx, body.reason);
  }

  @Get('policy')
  @ApiOperation({
    operationId: 'getCloudPolicy',
    summary: 'The policy in force, with what goes and what stays',
  })
  @ApiResponse({ status: 200, type: ActivePolicyDto })
  async active(@Ctx() ctx: RequestContext): Promise<ActivePolicy> {
    const active = await this.policies.active(ctx);
    if (!active) throw new NotFound({ detail: 'No policy is in force: nothing leaves the building.' });
    return active;
  }

  @Get('policy/versions')
  @ApiOperation({
    operationId: 'listCloudPolicyVersions',
    summary: 'Every version of the policy, newest first',
  })
  @ApiResponse({ status: 200, type: PolicyVersionsDto })
  async versions(@Ctx() ctx: RequestContext): Promise<{ data: PolicyVersion[] }> {
    return { data: await this.policies.history(ctx) };
  }

  @Post('policy/check')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'checkCloudPolicy',
    summary: 'What is wrong with a policy, or what it would select',
  })
  @ApiResponse({ status: 200, type: PolicyCheckDto })
  check(@Ctx() ctx: RequestContext, @Body() body: PolicyDocumentDto): Promise<PolicyCheck> {
    return this.policies.check(ctx, body.yaml);
  }

  @Post('policy/preview')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'previewCloudPolicy',
    summary: 'What would enter and leave against the policy in force, with samples',
  })
  @ApiResponse({ status: 200, type: PolicyPreviewDto })
  preview(@Ctx() ctx: RequestContext, @Body() body: PolicyDocumentDto): Promise<PolicyPreview> {
    return this.policies.preview(ctx, body.yaml);
  }

  @Post('policy/propose')
  @ApiOperation({
    operationId: 'proposeCloudPolicy',
    summary: 'Propose a version for somebody else to approve',
  })
  @ApiResponse({ status: 201, type: PolicyVersionDto })
  propose(@Ctx() ctx: RequestContext, @Body() body: PolicyProposalDto): Promise<PolicyVersion> {
    return this.policies.propose(ctx, body.yaml, body.reason, body.acknowledge);
  }

  @Post('policy/:version/approve')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'approveCloudPolicy',
    summary: 'Put a version into force that somebody else proposed',
  })
  @ApiResponse({ status: 200, type: PolicyVersionDto })
  approve(
    @Ctx() ctx: RequestContext,
    @Param('version', ParseIntPipe) version: number,
    @Body() body: PolicyApprovalDto,
  ): Promise<PolicyVersion> {
    return this.policies.approve(ctx, version, body.acknowledge);
  }
}
