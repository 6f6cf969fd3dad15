import type { Readable } from 'node:stream';
import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Ctx, FileBody, type RequestContext } from '../platform/http/index.js';
import { entityTag, recordTypes, typeOfPath } from '../records/index.js';
import type { Attachment } from './attachment.js';
import { AttachmentDto, AttachmentPageDto, AttachmentPageQuery, UploadQuery } from './attachments.dto.js';
import { Attachments } from './attachments.service.js';
import { Uploads } from './upload/uploads.service.js';

@ApiTags('attachments')
@ApiParam({ name: 'plural', enum: recordTypes().map(({ plural }) => plural) })
@ApiParam({ name: 'id', format: 'uuid' })
@Controller('api/v1/:plural/:id/attachments')
export class RecordAttachmentsController {
  constructor(
    private readonly attachments: Attachments,
    private readonly uploads: Uploads,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listAttachments', summary: 'Files on a record, newest first' })
  @ApiResponse({ status: 200, type: AttachmentPageDto })
  async list(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Query() { limit = 50, cursor, deleted }: AttachmentPageQuery,
  ): Promise<AttachmentPageDto> {
    const place = deleted === 'true' ? 'deleted' : 'live';
    const { data, nextCursor } = await this.attachments.page(ctx, typeOfPath(plural), id, {
      limit,
      before: cursor ?? null,
      place,
    });
    return { data, page: { nextCursor } };
  }

  @Post()
  @FileBody()
  @ApiOperation({ operationId: 'addAttachment', summary: 'Add a file: the body is the file, whatever it is' })
  @ApiConsumes('application/octet-stream')
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiResponse({ status: 201, type: AttachmentDto })
  async add(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Query() { name, label }: UploadQuery,
    @Body() body: Readable | undefined,
    @Req() { declaredType }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attachment> {
    const upload = {
      name,
      label: label ?? null,
      body,
      ...(declaredType === undefined ? {} : { declaredType }),
    };
    const made = await this.uploads.add(ctx, typeOfPath(plural), id, upload);
    void reply.headers({ location: `/api/v1/attachments/${made.id}`, etag: entityTag(made.version) });
    return made;
  }
}
