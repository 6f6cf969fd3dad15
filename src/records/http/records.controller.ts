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
import { NotFound } from '../../platform/errors/index.js';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';
import { findRecordTypeByPlural } from '../metadata/registry.js';
import type { RecordData } from '../ports/record-behaviour.js';
import { parseGetQuery, parseListQuery } from '../query/list-query.js';
import type { RecordPage } from '../record-reader.service.js';
import { RecordService } from '../record.service.js';
import { entityTag, expectedVersion } from './entity-tag.js';
import { ReadOnlyGuard } from './read-only.guard.js';

type RawQuery = Record<string, unknown>;

/** REST for every record type. Routes with a fixed first segment win over `:plural`, wherever they are declared. */
@ApiExcludeController()
@UseGuards(ReadOnlyGuard)
@Controller('api/v1/:plural')
export class RecordsController {
  constructor(private readonly records: RecordService) {}

  @Get()
  list(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Query() query: RawQuery,
  ): Promise<RecordPage> {
    return this.records.list(ctx, typeOfPath(plural), parseListQuery(query));
  }

  @Post()
  async create(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Query() query: RawQuery,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordData> {
    parseGetQuery(query);
    const record = await this.records.create(ctx, typeOfPath(plural), body);
    void reply.header('location', `/api/v1/${plural}/${String(record['id'])}`);
    return tagged(reply, record);
  }

  @Get(':id')
  async get(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Query() query: RawQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordData> {
    return tagged(reply, await this.records.get(ctx, typeOfPath(plural), id, parseGetQuery(query)));
  }

  @Patch(':id')
  async update(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordData> {
    const type = typeOfPath(plural);
    return tagged(reply, await this.records.update(ctx, type, id, body, expectedVersion(ifMatch)));
  }

  @Delete(':id')
  @HttpCode(204)
  remove(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    const version = ifMatch === undefined ? null : expectedVersion(ifMatch);
    return this.records.remove(ctx, typeOfPath(plural), id, version);
  }

  @Post(':id/restore')
  @HttpCode(200)
  async restore(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordData> {
    return tagged(reply, await this.records.restore(ctx, typeOfPath(plural), id));
  }
}

/** @throws NotFound for a path that belongs to no record type */
export function typeOfPath(plural: string): RecordTypeMeta {
  const type = findRecordTypeByPlural(plural);
  if (!type) throw new NotFound();
  return type;
}

function tagged(reply: FastifyReply, record: RecordData): RecordData {
  void reply.header('etag', entityTag(record['version']));
  return record;
}
