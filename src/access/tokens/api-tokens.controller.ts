import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiTags,
  ApiResponse,
} from '@nestjs/swagger';
import { ApiTokensDto, NewApiTokenDto } from './api-token.dto.js';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  ArrayUnique,
  IsIn,
  IsISO8601,
  IsOptional,
  IsString,
  IsUUID,
  MaxLength,
  MinLength,
} from 'class-validator';
import { NotAllowed } from '../../platform/errors/index.js';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { maxLimit, parsePageQuery } from '../../records/index.js';
import { PrimaryOnly } from '../guard/decorators.js';
import { knownIdForm } from '../guard/id-form.pipe.js';
import { tokenScopes, type TokenScope } from '../roles/role.js';
import { ApiTokens, type ApiTokenPage, type ApiTokenSummary } from './api-token.service.js';
import { maxAllowedNetworks } from './allowed-networks.js';

const maxNameLength = 120;

export class NewApiTokenBody {
  @ApiProperty({ maxLength: maxNameLength })
  @IsString()
  @MinLength(1)
  @MaxLength(maxNameLength)
  name!: string;

  @ApiProperty({ enum: tokenScopes, isArray: true })
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(tokenScopes, { each: true })
  scopes!: TokenScope[];

  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  expiresAt?: string;

  @ApiPropertyOptional({
    type: [String],
    minItems: 1,
    maxItems: maxAllowedNetworks,
    nullable: true,
    example: ['192.0.2.0/24', '2001:db8::/32'],
    description: 'addresses and networks that it may be used from; from anywhere when left out',
  })
  @IsOptional()
  @ArrayNotEmpty()
  @ArrayMaxSize(maxAllowedNetworks)
  @IsString({ each: true })
  allowedNetworks?: string[] | null;

  /** whom it acts for; oneself when left out */
  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID('all')
  userId?: string;
}

@ApiTags('api tokens')
@Controller('api/v1/api-tokens')
export class ApiTokensController {
  constructor(private readonly tokens: ApiTokens) {}

  @Get()
  @ApiOperation({
    summary: 'Own API tokens; all of them for those who manage users',
    operationId: 'listApiTokens',
  })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, type: String })
  @ApiResponse({ status: 200, type: ApiTokensDto })
  async page(@Ctx() ctx: RequestContext, @Query() raw: Record<string, unknown>): Promise<ApiTokenPage> {
    return this.tokens.page(ctx, parsePageQuery(raw, maxLimit));
  }

  @Post()
  @PrimaryOnly()
  @ApiOperation({
    summary: 'Make an API token; the answer is the only place that shows it',
    description:
      'For people who have signed in: a token makes no other tokens (403 `token_may_not_make_tokens`).',
    operationId: 'createApiToken',
  })
  @ApiResponse({ status: 201, type: NewApiTokenDto })
  async create(
    @Ctx() ctx: RequestContext,
    @Body() body: NewApiTokenBody,
  ): Promise<ApiTokenSummary & { token: string }> {
    const userId = body.userId ?? ctx.principal.userId;
    if (userId === null) throw new NotAllowed();
    const { token, summary } = await this.tokens.create(ctx, {
      userId,
      name: body.name,
      scopes: body.scopes,
      ...(body.allowedNetworks == null ? {} : { allowedNetworks: body.allowedNetworks }),
      ...(body.expiresAt === undefined ? {} : { expiresAt: new Date(body.expiresAt) }),
    });
    return { ...summary, token };
  }

  @Delete(':id')
  @PrimaryOnly()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API token', operationId: 'revokeApiToken' })
  async revoke(@Ctx() ctx: RequestContext, @Param('id', knownIdForm) id: string): Promise<void> {
    await this.tokens.revoke(ctx, id);
  }
}
