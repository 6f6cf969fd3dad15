import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { isUuid, parseListQuery, QueryProblems, textsOf } from '../../records/index.js';
import type { Board } from './board.js';
import { BoardDto } from './board.dto.js';
import { BoardService } from './board.service.js';

const maxCards = 50;
const defaultCards = 20;

@ApiTags('deals')
@Controller('api/v1/deals/board')
export class BoardController {
  constructor(private readonly boards: BoardService) {}

  @Get()
  @ApiOperation({ operationId: 'getDealBoard', summary: 'The deals of a pipeline by stage' })
  @ApiResponse({ status: 200, type: BoardDto })
  @ApiQuery({
    name: 'pipelineId',
    required: false,
    type: String,
    description: 'the default one where left out',
  })
  @ApiQuery({ name: 'filter', required: false, type: String, description: 'as of GET /deals' })
  @ApiQuery({ name: 'limit', required: false, type: Number, description: 'cards per stage, 1 to 50' })
  board(@Ctx() ctx: RequestContext, @Query() raw: Record<string, unknown>): Promise<Board> {
    const problems = new QueryProblems();
    const { pipelineId, limit, filter } = textsOf(raw, ['pipelineId', 'filter', 'limit'], problems);
    if (pipelineId !== undefined && !isUuid(pipelineId))
      problems.add('pipelineId', 'must be the id of a pipeline');
    if (limit !== undefined && !(/^\d{1,2}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= maxCards))
      problems.add('limit', `must be a whole number from 1 to ${String(maxCards)}`);
    problems.throwIfAny();
    const parsed = parseListQuery(filter === undefined ? {} : { filter });
    return this.boards.board(ctx, {
      limit: limit === undefined ? defaultCards : Number(limit),
      ...(pipelineId === undefined ? {} : { pipelineId }),
      ...(parsed.filter === undefined ? {} : { filter: parsed.filter }),
    });
  }
}
