import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../platform/errors/index.js';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { Attachments } from '../attachments.service.js';
import { ContentQuery } from '../attachments.dto.js';
import type { AttachmentRow } from '../rows/attachment.row.js';
import { ATTACHMENT_CONTENTS, type AttachmentContents } from './attachment-contents.port.js';
import { isKnown, isRangeCurrent, parseRange, type PartOf } from './byte-range.js';
import { contentDisposition } from './content-disposition.js';
import { isPreviewable, servedType } from './media-type.js';
import { ReadAudit } from './read-audit.service.js';

/** Even opened by itself in a window, a file runs no script, sends no form and loads nothing. */
const FILE_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const contentTypes = ['application/octet-stream', 'application/pdf', 'image/png', 'image/jpeg', 'text/plain'];
const anyFile = Object.fromEntries(
  contentTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
);

@ApiTags('attachments')
@Controller('api/v1/attachments/:id/content')
export class AttachmentContentController {
  constructor(
    private readonly attachments: Attachments,
    private readonly reads: ReadAudit,
    @Inject(ATTACHMENT_CONTENTS) private readonly contents: AttachmentContents,
  ) {}

  @Get()
  @ApiOperation({
    operationId: 'getAttachmentContent',
    summary: 'The file itself, whole or one range of it; only images and PDF are ever inline',
  })
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiHeader({
    name: 'Range',
    required: false,
    description: 'one range: bytes=0-1023, bytes=1024-, bytes=-512',
  })
  @ApiHeader({ name: 'If-Range', required: false, description: 'the ETag for which the range is wanted' })
  @ApiHeader({ name: 'If-None-Match', required: false })
  @ApiResponse({ status: 200, description: 'the file', content: anyFile })
  @ApiResponse({ status: 206, description: 'the range that was asked for', content: anyFile })
  @ApiResponse({ status: 304, description: 'the caller has it' })
  async content(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Query() { disposition }: ContentQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const row = await this.attachments.row(ctx, id);
    const headers = headersOf(row, disposition ?? 'attachment');
    if (isKnown(request.headers['if-none-match'], headers.etag)) {
      void reply.code(304).headers(headers).send();
      return;
    }
    const isHead = request.method === 'HEAD';
    const part = isHead ? 'whole' : rangeOf(request.headers, row.bytes, headers.etag);
    // Opened before anything is said, so that what cannot be opened is a problem and no broken answer.
    const stream = isHead
      ? Readable.from([])
      : await this.contents.open(row, part === 'whole' ? undefined : part);
    if (!isHead) await this.note(ctx, row, stream);
    void reply
      .code(part === 'whole' ? 200 : 206)
      .headers({ ...headers, ...lengthOf(part, row.bytes), 'content-type': servedType(row.mediaType) })
      .send(stream);
  }

  /** Nothing is read that could not be noted. */
  private async note(ctx: RequestContext, row: AttachmentRow, stream: Readable): Promise<void> {
    try {
      await this.reads.note(ctx, row);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }
}

function headersOf(
  row: AttachmentRow,
  wanted: 'inline' | 'attachment',
): Record<string, string> & { etag: string } {
  const disposition = wanted === 'inline' && isPreviewable(row.mediaType) ? 'inline' : 'attachment';
  return {
    // the content of an attachment never changes
    etag: `"${row.id}"`,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-disposition': contentDisposition(disposition, row.name),
    'content-security-policy': FILE_CSP,
  };
}

function lengthOf(part: PartOf | 'whole', bytes: number): Record<string, string> {
  if (part === 'whole') return { 'content-length': String(bytes) };
  const { start, end } = part;
  return {
    'content-length': String(end - start + 1),
    'content-range': `bytes ${String(start)}-${String(end)}/${String(bytes)}`,
  };
}

function rangeOf(asked: IncomingHttpHeaders, bytes: number, etag: string): PartOf | 'whole' {
  const part = isRangeCurrent(asked['if-range'], etag) ? parseRange(asked.range, bytes) : 'whole';
  if (part !== 'outside') return part;
  throw new DomainError('range_not_satisfiable', 416, 'info', {
    detail: `The file has ${String(bytes)} bytes.`,
    headers: { 'content-range': `bytes */${String(bytes)}`, 'accept-ranges': 'bytes' },
  });
}
