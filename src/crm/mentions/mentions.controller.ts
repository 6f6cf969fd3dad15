import { Body, Controller, Get, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { isUuid, QueryProblems, ReadOnlyGuard, textsOf } from '../../records/index.js';
import { MarkReadDto, MentionPageDto } from './mention.dto.js';
import { Mentions, type MentionPage } from './mentions.service.js';

const maxLimit = 100;
const states = ['all', 'unread', 'read'] as const;

@ApiTags('me')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/me/mentions')
export class MentionsController {
  constructor(private readonly mentions: Mentions) {}

  @Get()
  @ApiOperation({ operationId: 'listMentions', summary: 'Notes that name the caller, newest first' })
  @ApiQuery({ name: 'state', required: false, enum: states })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, type: String })
  @ApiResponse({ status: 200, type: MentionPageDto })
  async list(@Ctx() ctx: RequestContext, @Query() raw: Record<string, unknown>): Promise<MentionPage> {
    const problems = new QueryProblems();
    const text = textsOf(raw, ['state', 'limit', 'cursor'], problems);
    const { limit = '20', cursor } = text;
    const state = states.find((name) => name === (text.state ?? 'all'));
    if (!state) problems.add('state', `must be one of ${states.join(', ')}`);
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit)
      problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
    if (cursor !== undefined && !isUuid(cursor)) problems.add('cursor', 'is not a cursor of this list');
    problems.throwIfAny();
    const from = cursor === undefined ? {} : { before: cursor };
    return this.mentions.page(ctx, { state: state ?? 'all', limit: Number(limit), ...from });
  }

  @Post('read')
  @HttpCode(204)
  @ApiOperation({ operationId: 'markMentionsRead', summary: 'Mark mentions as read' })
  @ApiResponse({ status: 204, description: 'read' })
  markRead(@Ctx() ctx: RequestContext, @Body() { ids }: MarkReadDto): Promise<void> {
    return this.mentions.markRead(ctx, ids);
  }
}
