import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Post,
  Put,
  Query,
  StreamableFile,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../access/index.js';
import { Ctx, ImportBody, type RequestContext } from '../platform/http/index.js';
import { CreateImportDto, ImportPageDto, ImportPageQuery, ImportStatusDto } from './imports.dto.js';
import { ImportNotFound } from './imports.errors.js';
import { presentImport } from './imports.presenter.js';
import { ImportsService } from './imports.service.js';

@ApiTags('imports')
@RequirePermission('import')
@Controller('api/v1/imports')
export class ImportsController {
  constructor(private readonly imports: ImportsService) {}

  @Post()
  @ApiOperation({ operationId: 'createImport', summary: 'Describe an import; its file is sent next' })
  @ApiResponse({ status: 201, type: ImportStatusDto })
  async create(@Ctx() ctx: RequestContext, @Body() body: CreateImportDto): Promise<Record<string, unknown>> {
    const { mapping, fileName, dryRun = false, allOrNothing = false } = body;
    return presentImport(await this.imports.create(ctx, { mapping, fileName, dryRun, allOrNothing }));
  }

  @Put(':id/file')
  @ImportBody()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'sendImportFile',
    summary: 'Send the file; the import starts when it has arrived',
  })
  @ApiConsumes('text/csv')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 202, type: ImportStatusDto })
  async file(
    @Ctx() ctx: RequestContext,
    @Param('id', ParseUUIDPipe) id: string,
    @Body() body: Readable | undefined,
  ): Promise<Record<string, unknown>> {
    return presentImport(await this.imports.receive(ctx, id, body));
  }

  @Get()
  @ApiOperation({
    operationId: 'listImports',
    summary: 'Imports, newest first; one’s own, or all for an administrator',
  })
  @ApiResponse({ status: 200, type: ImportPageDto })
  async list(@Ctx() ctx: RequestContext, @Query() query: ImportPageQuery): Promise<Record<string, unknown>> {
    const limit = query.limit ?? 50;
    const rows = await this.imports.page(ctx, limit + 1, query.cursor ?? null);
    const shown = rows.slice(0, limit);
    return {
      data: shown.map(presentImport),
      page: { nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null },
    };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getImport', summary: 'How far an import is' })
  @ApiResponse({ status: 200, type: ImportStatusDto })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<Record<string, unknown>> {
    return presentImport(await this.imports.get(ctx, id));
  }

  @Get(':id/errors')
  @ApiOperation({
    operationId: 'getImportErrors',
    summary: 'The rows that failed, as CSV with the reason beside each',
  })
  @ApiProduces('text/csv')
  @ApiResponse({ status: 200, schema: { type: 'string' } })
  async errors(@Ctx() ctx: RequestContext, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const row = await this.imports.get(ctx, id);
    if (row.errorBytes === 0) throw new ImportNotFound(id);
    const file = createReadStream(this.imports.errorFile(row), { end: row.errorBytes - 1 });
    return new StreamableFile(file, {
      type: 'text/csv; charset=utf-8',
      disposition: `attachment; filename="${id}.errors.csv"`,
    });
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ operationId: 'cancelImport', summary: 'Stop an import after the chunk in hand' })
  @ApiResponse({ status: 200, type: ImportStatusDto })
  async cancel(
    @Ctx() ctx: RequestContext,
    @Param('id', ParseUUIDPipe) id: string,
  ): Promise<Record<string, unknown>> {
    return presentImport(await this.imports.cancel(ctx, id));
  }
}
