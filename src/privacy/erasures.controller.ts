import { Body, Controller, Get, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequirePermission } from '../access/index.js';
import { Ctx, type RequestContext } from '../platform/http/index.js';
import { erasureById, listErasures, type StoredErasure } from './erasure.row.js';
import { EraseDto, ErasureDto, ErasurePageDto, ErasurePageQuery } from './erasures.dto.js';
import { ErasuresService } from './erasures.service.js';

const PAGE = 50;

/** Subjects that were erased for good, and how far their traces have left the cloud. */
@ApiTags('erasures')
@RequirePermission('manageCloud')
@Controller('api/v1/erasures')
export class ErasuresController {
  constructor(
    private readonly erasures: ErasuresService,
    private readonly dataSource: DataSource,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'eraseSubject',
    summary: 'Erase a record for good: here, in the history, in the bucket and on every replica',
  })
  @ApiResponse({ status: 201, type: ErasureDto })
  erase(@Ctx() ctx: RequestContext, @Body() body: EraseDto): Promise<StoredErasure> {
    const { type, id, reason, urgent = false } = body;
    return this.erasures.erase(ctx, { type, id, reason, urgent });
  }

  @Get()
  @ApiOperation({ operationId: 'listErasures', summary: 'Erasures, newest first' })
  @ApiResponse({ status: 200, type: ErasurePageDto })
  async list(
    @Query() { limit = PAGE, cursor }: ErasurePageQuery,
  ): Promise<{ data: StoredErasure[]; nextCursor: string | null }> {
    const found = await listErasures(this.dataSource, { before: cursor ?? null, limit: limit + 1 });
    const data = found.slice(0, limit);
    return { data, nextCursor: found.length > limit ? String(data.at(-1)?.sequence) : null };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getErasure', summary: 'One erasure' })
  @ApiResponse({ status: 200, type: ErasureDto })
  get(@Param('id', ParseUUIDPipe) id: string): Promise<StoredErasure> {
    return erasureById(this.dataSource, id);
  }
}
