import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { isUUID } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { entityTag, expectedVersion, QueryProblems, ReadOnlyGuard, textsOf } from '../../records/index.js';
import { NewTagDto, TagChangeDto, TagChangesDto, TagDto, TagPatchDto, TagsDto } from './tag.dto.js';
import type { Tag, TagChange } from './tag.store.js';
import { Tags } from './tags.service.js';

const maxLimit = 200;

@ApiTags('tags')
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/tags')
export class TagsController {
  constructor(private readonly tags: Tags) {}

  @Get()
  @ApiOperation({ operationId: 'listTags', summary: 'Tags, those that begin with `q` first' })
  @ApiQuery({ name: 'q', required: false, type: String })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiResponse({ status: 200, type: TagsDto })
  async list(@Query() raw: Record<string, unknown>): Promise<{ data: readonly Tag[] }> {
    const problems = new QueryProblems();
    const { q = '', limit = '50' } = textsOf(raw, ['q', 'limit'], problems);
    if (q.length > 60 || q.includes('\0')) problems.add('q', 'must be a text of at most 60 characters');
    if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > maxLimit)
      problems.add('limit', `must be a whole number from 1 to ${String(maxLimit)}`);
    problems.throwIfAny();
    return { data: await this.tags.suggest(q.normalize('NFC').trim(), Number(limit)) };
  }

  @Get('changes')
  @ApiOperation({ operationId: 'listTagChanges', summary: 'Renames and removals on their way (settings)' })
  @ApiResponse({ status: 200, type: TagChangesDto })
  async changes(@Ctx() ctx: RequestContext): Promise<{ data: readonly TagChange[] }> {
    return { data: await this.tags.changes(ctx) };
  }

  @Post()
  @ApiOperation({ operationId: 'createTag', summary: 'Enter a tag (settings)' })
  @ApiResponse({ status: 201, type: TagDto })
  async create(
    @Ctx() ctx: RequestContext,
    @Body() body: NewTagDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tag> {
    const tag = await this.tags.create(ctx, body);
    void reply.headers({ location: `/api/v1/tags/${tag.id}`, etag: entityTag(tag.version) });
    return tag;
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'updateTag', summary: 'Colour or rename a tag, on all records (settings)' })
  @ApiResponse({ status: 200, type: TagDto })
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', ParseUUIDPipe) id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: TagPatchDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Tag & { change?: TagChange }> {
    const version = ifMatch === undefined ? null : expectedVersion(ifMatch);
    const { tag, change } = await this.tags.update(ctx, id, body, version);
    void reply.header('etag', entityTag(tag.version));
    return { ...tag, ...(change ? { change } : {}) };
  }

  @Delete(':id')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'deleteTag',
    summary: 'Take a tag off all records, or put the tag `into` in its place (settings)',
  })
  @ApiQuery({ name: 'into', required: false, schema: { type: 'string', format: 'uuid' } })
  @ApiResponse({ status: 202, type: TagChangeDto })
  remove(
    @Ctx() ctx: RequestContext,
    @Param('id', ParseUUIDPipe) id: string,
    @Query() raw: Record<string, unknown>,
  ): Promise<TagChange> {
    const problems = new QueryProblems();
    const { into } = textsOf(raw, ['into'], problems);
    if (into !== undefined && !isUUID(into)) problems.add('into', 'must be the id of a tag');
    problems.throwIfAny();
    return this.tags.remove(ctx, id, into ?? null);
  }
}
