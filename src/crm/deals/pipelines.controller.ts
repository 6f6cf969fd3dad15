import { Body, Controller, Delete, Headers, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { InvalidInput } from '../../platform/errors/index.js';
import { expectedVersion, isUuid, QueryProblems, ReadOnlyGuard, textsOf } from '../../records/index.js';
import { DealMover } from './deal-mover.service.js';

const moveSchema = {
  type: 'object',
  required: ['to'],
  additionalProperties: false,
  properties: {
    to: { type: 'string', format: 'uuid', description: 'the pipeline that the deals go to' },
    stages: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description:
        'keys of its stages by keys of stages here; what is not named goes to the same key, else the same status',
    },
  },
};
const movedSchema = { type: 'object', required: ['moved'], properties: { moved: { type: 'integer' } } };

/** What pipelines and stages need beyond the record engine. */
@UseGuards(ReadOnlyGuard)
@Controller('api/v1')
export class PipelinesController {
  constructor(private readonly mover: DealMover) {}

  @Delete('stages/:id')
  @HttpCode(204)
  @ApiTags('stages')
  @ApiOperation({
    operationId: 'deleteStage',
    summary: 'Move one stage to the recycle bin, its deals elsewhere',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiQuery({
    name: 'moveTo',
    required: false,
    type: String,
    description: 'key of the stage that its deals go to',
  })
  @ApiHeader({ name: 'If-Match', required: false })
  @ApiResponse({ status: 204, description: 'in the recycle bin' })
  removeStage(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Query() raw: Record<string, unknown>,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    const problems = new QueryProblems();
    const { moveTo } = textsOf(raw, ['moveTo'], problems);
    problems.throwIfAny();
    return this.mover.removeStage(ctx, id, ifMatch === undefined ? null : expectedVersion(ifMatch), moveTo);
  }

  @Post('pipelines/:id/move-deals')
  @HttpCode(200)
  @ApiTags('pipelines')
  @ApiOperation({ operationId: 'moveDeals', summary: 'Move every deal of a pipeline to another one' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ schema: moveSchema })
  @ApiResponse({ status: 200, schema: movedSchema })
  async moveDeals(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<{ moved: number }> {
    const { to, stages } = parseMove(body);
    return { moved: await this.mover.moveAll(ctx, id, to, stages) };
  }
}

function parseMove(body: unknown): { to: string; stages: Record<string, string> } {
  const problems = new QueryProblems();
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const { to, stages, ...unknown } = (isObject ? body : {}) as Record<string, unknown>;
  for (const name of Object.keys(unknown)) problems.add(name.slice(0, 100), 'is not known here');
  if (!isUuid(to)) problems.add('to', 'must be the id of a pipeline');
  const named: Record<string, string> = {};
  if (stages !== undefined && (typeof stages !== 'object' || stages === null || Array.isArray(stages)))
    problems.add('stages', 'must be an object with keys of stages');
  else
    for (const [key, value] of Object.entries(stages ?? {}))
      if (typeof value === 'string') named[key] = value;
      else problems.add(`stages.${key.slice(0, 60)}`, 'must be the key of a stage');
  problems.throwIfAny();
  if (!isUuid(to)) throw new InvalidInput([]);
  return { to: to.toLowerCase(), stages: named };
}
