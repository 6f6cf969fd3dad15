import { Controller, Delete, Get, HttpCode, Param, Put, Query, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import {
  isUuid,
  maxLimit,
  parsePageQuery,
  ReadOnlyGuard,
  recordTypes,
  typeOfPath,
} from '../../records/index.js';
import { FollowerPageDto } from './follow.dto.js';
import { Followers, type FollowerPage } from './followers.service.js';

@ApiTags('followers')
@UseGuards(ReadOnlyGuard)
@ApiParam({ name: 'plural', enum: recordTypes().map(({ plural }) => plural) })
@ApiParam({ name: 'id', format: 'uuid' })
@Controller('api/v1/:plural/:id')
export class FollowersController {
  constructor(private readonly followers: Followers) {}

  @Put('follow')
  @HttpCode(204)
  @ApiOperation({ operationId: 'followRecord', summary: 'Hear of changes of a record' })
  @ApiResponse({ status: 204, description: 'followed' })
  follow(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
  ): Promise<void> {
    return this.followers.follow(ctx, typeOfPath(plural), id);
  }

  @Delete('follow')
  @HttpCode(204)
  @ApiOperation({ operationId: 'unfollowRecord', summary: 'Hear of them no longer' })
  @ApiResponse({ status: 204, description: 'no longer followed' })
  async unfollow(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
  ): Promise<void> {
    const type = typeOfPath(plural);
    if (isUuid(id)) await this.followers.unfollow(ctx, type, id);
  }

  @Get('followers')
  @ApiOperation({ operationId: 'listFollowers', summary: 'Who follows a record' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, type: String })
  @ApiResponse({ status: 200, type: FollowerPageDto })
  page(
    @Ctx() ctx: RequestContext,
    @Param('plural') plural: string,
    @Param('id') id: string,
    @Query() raw: Record<string, unknown>,
  ): Promise<FollowerPage> {
    const type = typeOfPath(plural);
    const { limit, after } = parsePageQuery(raw, maxLimit);
    return this.followers.page(ctx, type, id, limit, after);
  }
}
