import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { Ctx, MAX_INTEGER, WholeNumberPipe, type RequestContext } from '../../platform/http/index.js';
import { ReceiptsService, type ListedReceipt } from './receipts.service.js';

const PAGE = 50;

class ReceiptPageQuery {
  @ApiProperty({ required: false, minimum: 1, maximum: 200, default: PAGE })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiProperty({ required: false, description: '`nextCursor` of the page before' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  cursor?: number;
}

class ListedReceiptDto implements ListedReceipt {
  @ApiProperty()
  generation!: number;

  @ApiProperty({ description: 'why that generation was made' })
  reason!: string;

  @ApiProperty({ format: 'date-time' })
  madeAt!: string;

  @ApiProperty({ description: 'rises each time a replica has said more' })
  sequence!: number;

  @ApiProperty({ description: 'every replica has acknowledged it and destroyed the older keys' })
  isFinal!: boolean;

  @ApiProperty({ description: 'how many erasures it answers' })
  erasures!: number;
}

class ReceiptPageDto {
  @ApiProperty({ type: [ListedReceiptDto] })
  data!: ListedReceiptDto[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}

class ReceiptDto {
  @ApiProperty({ format: 'byte', description: 'the signed envelope, as it lies in the bucket' })
  envelope!: string;
}

@ApiTags('cloud')
@Controller('api/v1/cloud/receipts')
export class ReceiptsController {
  constructor(private readonly receipts: ReceiptsService) {}

  @Get()
  @ApiOperation({ operationId: 'listReceipts', summary: 'Receipts of what left the bucket, newest first' })
  @ApiResponse({ status: 200, type: ReceiptPageDto })
  async list(
    @Ctx() ctx: RequestContext,
    @Query() { limit = PAGE, cursor }: ReceiptPageQuery,
  ): Promise<ReceiptPageDto> {
    const found = await this.receipts.list(ctx, { before: cursor ?? null, limit: limit + 1 });
    const data = found.slice(0, limit);
    return { data, nextCursor: found.length > limit ? String(data.at(-1)?.generation) : null };
  }

  @Get(':generation')
  @ApiOperation({ operationId: 'getReceipt', summary: 'One receipt, to be checked with the public root' })
  @ApiResponse({ status: 200, type: ReceiptDto })
  async get(
    @Ctx() ctx: RequestContext,
    @Param('generation', WholeNumberPipe) generation: number,
  ): Promise<ReceiptDto> {
    return { envelope: (await this.receipts.envelope(ctx, generation)).toString('base64') };
  }
}
