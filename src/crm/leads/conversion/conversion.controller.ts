import { Body, Controller, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../../platform/http/index.js';
import { ReadOnlyGuard } from '../../../records/index.js';
import { ConvertedDto, conversionSchema, LeadMatchesDto } from './conversion.dto.js';
import { parseConversion } from './conversion-input.js';
import { LeadConversion } from './lead-conversion.command.js';
import { LeadMatching, type LeadMatches } from './lead-matches.service.js';
import type { Converted } from './move-belongings.js';

@ApiTags('leads')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/leads/:id/convert')
export class ConversionController {
  constructor(
    private readonly conversion: LeadConversion,
    private readonly matching: LeadMatching,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getLeadMatches',
    summary: 'Accounts and contacts that a lead may already be',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: LeadMatchesDto })
  matches(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<LeadMatches> {
    return this.matching.matches(ctx, id);
  }

  @Post()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'convertLead',
    summary: 'Make an account, a contact and a deal of a lead; once, however often it is called',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ schema: conversionSchema, required: false })
  @ApiResponse({ status: 200, type: ConvertedDto })
  convert(@Ctx() ctx: RequestContext, @Param('id') id: string, @Body() body: unknown): Promise<Converted> {
    return this.conversion.convert(ctx, id, parseConversion(body));
  }
}
