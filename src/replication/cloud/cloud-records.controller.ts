import { Body, Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { OutgoingService, type OutgoingRecord } from '../policy/index.js';
import { OutgoingQueryDto, OutgoingRecordDto } from './cloud-records.dto.js';
import { PolicyDocumentDto } from './cloud.dto.js';

/** What exactly would leave of one record. */
@ApiTags('cloud')
@Controller('api/v1/cloud/records')
export class CloudRecordsController {
  constructor(private readonly outgoing: OutgoingService) {}

  @Get(':type/:id/outgoing')
  @ApiOperation({
    operationId: 'getOutgoingRecord',
    summary: 'What leaves of a record under a version of the policy, byte for byte, or why it stays',
  })
  @ApiResponse({ status: 200, type: OutgoingRecordDto })
  underVersion(
    @Ctx() ctx: RequestContext,
    @Param('type') type: string,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() { policy }: OutgoingQueryDto,
  ): Promise<OutgoingRecord> {
    return this.outgoing.underVersion(ctx, type, id, policy);
  }

  @Post(':type/:id/outgoing')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'previewOutgoingRecord',
    summary: 'The same under a policy that is not kept anywhere',
  })
  @ApiResponse({ status: 200, type: OutgoingRecordDto })
  underDocument(
    @Ctx() ctx: RequestContext,
    @Param('type') type: string,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: PolicyDocumentDto,
  ): Promise<OutgoingRecord> {
    return this.outgoing.underDocument(ctx, type, id, body.yaml);
  }
}
