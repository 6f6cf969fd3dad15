import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { REPLICA_PAGE, ReplicaLagsDto, ReplicaLagsQuery } from './replica-lags.dto.js';
import { ReplicaLagsService, type ReplicaLags } from './replica-lags.service.js';

/** How far behind the replicas were, over time. */
@ApiTags('cloud')
@Controller('api/v1/cloud/replicas')
export class ReplicaLagsController {
  constructor(private readonly replicas: ReplicaLagsService) {}

  @Get('lags')
  @ApiOperation({
    operationId: 'listReplicaLags',
    summary: 'How far behind each replica was over the last hour, day or week',
  })
  @ApiResponse({ status: 200, type: ReplicaLagsDto })
  async lags(
    @Query() { window = 'hour', limit = REPLICA_PAGE, cursor }: ReplicaLagsQuery,
  ): Promise<ReplicaLags & { nextCursor: string | null }> {
    const found = await this.replicas.lags(window, cursor ?? null, limit + 1);
    const data = found.data.slice(0, limit);
    const hasMore = found.data.length > limit;
    return { ...found, data, nextCursor: hasMore ? (data.at(-1)?.name ?? null) : null };
  }
}
