import { Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/index.js';
import { DeadLetters } from '../../platform/queue/index.js';
import { DeadJobPageDto, DeadJobsQuery } from './dead-jobs.dto.js';

/** Jobs that used up their attempts: they wait here until somebody looks. */
@ApiTags('operations')
@RequirePermission('manageSettings')
@Controller('api/v1/jobs/dead')
export class DeadJobsController {
  constructor(private readonly dead: DeadLetters) {}

  @Get()
  @ApiOperation({
    operationId: 'listDeadJobs',
    summary: 'Jobs that failed for good, the latest first in each queue',
  })
  @ApiResponse({ status: 200, type: DeadJobPageDto })
  async list(@Query() query: DeadJobsQuery): Promise<DeadJobPageDto> {
    const { data, nextCursor } = await this.dead.listDead(query.limit ?? 50, query.cursor ?? null);
    return { data, page: { nextCursor } };
  }

  @Post(':job/:id/retry')
  @HttpCode(204)
  @ApiOperation({ operationId: 'retryDeadJob', summary: 'Give a job all its attempts again' })
  @ApiResponse({ status: 204 })
  retry(@Param('job') job: string, @Param('id') id: string): Promise<void> {
    return this.dead.retry(`${job}/${id}`);
  }

  @Delete(':job/:id')
  @HttpCode(204)
  @ApiOperation({
    operationId: 'discardDeadJob',
    summary: 'Take a job off the list; what it should have done stays undone',
  })
  @ApiResponse({ status: 204 })
  discard(@Param('job') job: string, @Param('id') id: string): Promise<void> {
    return this.dead.discard(`${job}/${id}`);
  }
}
