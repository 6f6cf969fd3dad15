import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { QueryProblems, textsOf } from '../../records/index.js';
import { FollowingPageDto } from './follow.dto.js';
import { readFollowingCursor } from './following-cursor.js';
import { Following, type FollowingPage } from './following.service.js';

const maxLimit = 100;

@ApiTags('me')
@Controller('api/v1/me/following')
export class FollowingController {
  constructor(private readonly following: Following) {}

  @Get()
  @ApiOperation({ operationId: 'listFollowing', summary: 'Changes of the records that the caller follows' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, type: String })
  @ApiResponse({ status: 200, type: FollowingPageDto })
  page(@Ctx() ctx: RequestContext, @Query() raw: Record<string, unknown>): Promise<FollowingPage> {
    const problems = new QueryProblems();
    const { limit = '20', cursor } = textsOf(raw, ['limit', 'cursor'], problems);
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit)
      problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
    const before = cursor === undefined ? undefined : readFollowingCursor(cursor);
    if (cursor !== undefined && !before) problems.add('cursor', 'is not a cursor of this list');
    problems.throwIfAny();
    return this.following.page(ctx, Number(limit), before);
  }
}
