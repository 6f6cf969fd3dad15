import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { entityTag, expectedVersion, QueryProblems, ReadOnlyGuard, textsOf } from '../../records/index.js';
import { NewViewDto, ViewDto, ViewPatchDto, ViewsDto } from './view.dto.js';
import type { SavedView } from './view.presenter.js';
import { SavedViews } from './views.service.js';

@ApiTags('views')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/views')
export class ViewsController {
  constructor(private readonly views: SavedViews) {}

  @Get()
  @ApiOperation({ operationId: 'listViews', summary: 'One’s own views and those shared with one' })
  @ApiQuery({ name: 'type', required: false, type: String })
  @ApiResponse({ status: 200, type: ViewsDto })
  async list(
    @Ctx() ctx: RequestContext,
    @Query() raw: Record<string, unknown>,
  ): Promise<{ data: SavedView[] }> {
    const problems = new QueryProblems();
    const { type } = textsOf(raw, ['type'], problems);
    if (type?.includes('\0')) problems.add('type', 'must be the name of a record type');
    problems.throwIfAny();
    return { data: await this.views.list(ctx, type) };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getView', summary: 'One view' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: ViewDto })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SavedView> {
    return tagged(reply, await this.views.get(ctx, id));
  }

  @Post()
  @ApiOperation({ operationId: 'createView', summary: 'Save a view; sharing it is a setting' })
  @ApiBody({ type: NewViewDto })
  @ApiResponse({ status: 201, type: ViewDto })
  async create(
    @Ctx() ctx: RequestContext,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SavedView> {
    const view = await this.views.create(ctx, body);
    void reply.header('location', `/api/v1/views/${view.id}`);
    return tagged(reply, view);
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'updateView', summary: 'Change a view, or make it one’s default' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiBody({ type: ViewPatchDto })
  @ApiResponse({ status: 200, type: ViewDto })
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SavedView> {
    const version = ifMatch === undefined ? null : expectedVersion(ifMatch);
    return tagged(reply, await this.views.update(ctx, id, body, version));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteView', summary: 'Remove a view' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 204, description: 'gone' })
  remove(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<void> {
    return this.views.remove(ctx, id);
  }
}

function tagged(reply: FastifyReply, view: SavedView): SavedView {
  void reply.header('etag', entityTag(view.version));
  return view;
}
