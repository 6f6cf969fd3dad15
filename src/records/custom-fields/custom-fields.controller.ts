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
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { entityTag, expectedVersion } from '../http/entity-tag.js';
import { ReadOnlyGuard } from '../http/read-only.guard.js';
import { textsOf } from '../query/list-query.js';
import { QueryProblems } from '../query/query-problems.js';
import type { CustomFieldDefinition } from './custom-field.definition.js';
import { CustomFields } from './custom-fields.service.js';

@ApiExcludeController()
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/custom-fields')
export class CustomFieldsController {
  constructor(private readonly customFields: CustomFields) {}

  @Get()
  list(@Ctx() ctx: RequestContext): { data: readonly CustomFieldDefinition[] } {
    return { data: this.customFields.list(ctx) };
  }

  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomFieldDefinition> {
    const field = await this.customFields.create(ctx, body);
    void reply.headers({ location: `/api/v1/custom-fields/${field.id}`, etag: entityTag(field.version) });
    return field;
  }

  @Patch(':id')
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomFieldDefinition> {
    const version = ifMatch === undefined ? null : expectedVersion(ifMatch);
    const field = await this.customFields.update(ctx, id, body, version);
    void reply.header('etag', entityTag(field.version));
    return field;
  }

  @Delete(':id')
  @HttpCode(204)
  remove(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
  ): Promise<void> {
    const problems = new QueryProblems();
    const { confirm } = textsOf(query, ['confirm'], problems);
    problems.throwIfAny();
    return this.customFields.remove(ctx, id, confirm === 'true');
  }
}
