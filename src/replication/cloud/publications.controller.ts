import { Controller, Get, Param, ParseUUIDPipe, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, WholeNumberPipe, type RequestContext } from '../../platform/http/index.js';
import {
  ObjectPageQuery,
  PUBLICATION_PAGE,
  PublicationPageDto,
  PublicationPageQuery,
  PublishedObjectsDto,
  RecordPublicationDto,
} from './publications.dto.js';
import { PublicationsService } from './publications.service.js';

const OBJECTS = 200;

/** What left the building: batch by batch, and record by record. */
@ApiTags('cloud')
@Controller('api/v1/cloud')
export class PublicationsController {
  constructor(private readonly publications: PublicationsService) {}

  @Get('publications')
  @ApiOperation({ operationId: 'listPublications', summary: 'Batches that left, newest first' })
  @ApiResponse({ status: 200, type: PublicationPageDto })
  async list(@Ctx() ctx: RequestContext, @Query() page: PublicationPageQuery): Promise<PublicationPageDto> {
    const { limit = PUBLICATION_PAGE, cursor, type, since, until } = page;
    const [generation, n] = (cursor ?? '').split('/').map(Number);
    const before = generation === undefined || n === undefined ? undefined : { generation, n };
    const found = await this.publications.list(ctx, { type, since, until, before, limit: limit + 1 });
    const data = found.slice(0, limit);
    const last = data.at(-1);
    const hasMore = found.length > limit && last !== undefined;
    return { data, nextCursor: hasMore ? `${String(last.generation)}/${String(last.n)}` : null };
  }

  @Get('publications/:generation/:n/objects')
  @ApiOperation({
    operationId: 'listPublishedObjects',
    summary: 'The objects of one batch, with their digests',
  })
  @ApiResponse({ status: 200, type: PublishedObjectsDto })
  async objects(
    @Ctx() ctx: RequestContext,
    @Param('generation', WholeNumberPipe) generation: number,
    @Param('n', WholeNumberPipe) n: number,
    @Query() { limit = OBJECTS, offset = 0 }: ObjectPageQuery,
  ): Promise<PublishedObjectsDto> {
    return { data: await this.publications.objects(ctx, { generation, n }, { limit, offset }) };
  }

  @Get('records/:type/:id/publication')
  @ApiOperation({
    operationId: 'getRecordPublication',
    summary: 'When a record was first and last published, and with which fields',
  })
  @ApiResponse({ status: 200, type: RecordPublicationDto })
  record(
    @Ctx() ctx: RequestContext,
    @Param('type') type: string,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<RecordPublicationDto> {
    return this.publications.record(ctx, type, id);
  }
}
