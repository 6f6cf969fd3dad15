import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags, ApiResponse } from '@nestjs/swagger';
import { TimelinePageDto } from './timeline.dto.js';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { QueryProblems, recordTypes, textsOf, typeOfPath } from '../../records/index.js';
import type { TimelinePage } from './timeline.entry.js';
import { TimelineService } from './timeline.service.js';

const maxLimit = 100;

@ApiTags('timeline')
@Controller('api/v1/:plural/:id/timeline')
export class TimelineController {
  constructor(private readonly timeline: TimelineService) {}

  @Get()
  @ApiOperation({ operationId: 'getTimeline', summary: 'Activities and changes around one record' })
  @ApiResponse({ status: 200, type: TimelinePageDto })
  @ApiParam({ name: 'plural', enum: recordTypes().map(({ plural }) => plural) })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, type: String })
  page(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ): Promise<TimelinePage> {
    const type = typeOfPath(plural);
    const problems = new QueryProblems();
    const { limit = '20', cursor } = textsOf(query, ['limit', 'cursor'], problems);
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit)
      problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
    problems.throwIfAny();
    return this.timeline.page(ctx, type, id, Number(limit), cursor);
  }
}
