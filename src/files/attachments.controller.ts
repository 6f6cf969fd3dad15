import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Ctx, type RequestContext } from '../platform/http/index.js';
import { entityTag, expectedVersion } from '../records/index.js';
import type { Attachment } from './attachment.js';
import { AttachmentDto, AttachmentPatchDto, LabelsDto } from './attachments.dto.js';
import { Attachments } from './attachments.service.js';
import { FILES_OPTIONS, type FilesOptions } from './files.options.js';

const ifMatchHeader = { name: 'If-Match', required: false, description: 'the ETag of the attachment' };

@ApiTags('attachments')
@Controller('api/v1/attachments')
export class AttachmentsController {
  constructor(
    private readonly attachments: Attachments,
    @Inject(FILES_OPTIONS) private readonly options: Pick<FilesOptions, 'labels'>,
  ) {}

  @Get('labels')
  @ApiOperation({ operationId: 'listAttachmentLabels', summary: 'What an attachment may be labelled with' })
  @ApiResponse({ status: 200, type: LabelsDto })
  labels(): LabelsDto {
    return { data: [...this.options.labels] };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getAttachment', summary: 'What is known of a file' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: AttachmentDto })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attachment> {
    return tagged(reply, await this.attachments.get(ctx, id));
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'changeAttachment', summary: 'Rename or label a file' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({ ...ifMatchHeader, required: true })
  @ApiResponse({ status: 200, type: AttachmentDto })
  async change(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() patch: AttachmentPatchDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attachment> {
    return tagged(reply, await this.attachments.change(ctx, id, patch, expectedVersion(ifMatch)));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteAttachment', summary: 'Move a file to the recycle bin' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader(ifMatchHeader)
  @ApiResponse({ status: 204 })
  async remove(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.attachments.remove(ctx, id, ifMatch === undefined ? null : expectedVersion(ifMatch));
  }

  @Post(':id/restore')
  @HttpCode(200)
  @ApiOperation({ operationId: 'restoreAttachment', summary: 'Take a file out of the recycle bin' })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiResponse({ status: 200, type: AttachmentDto })
  async restore(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Attachment> {
    return tagged(reply, await this.attachments.restore(ctx, id));
  }
}

function tagged(reply: FastifyReply, attachment: Attachment): Attachment {
  void reply.header('etag', entityTag(attachment.version));
  return attachment;
}
