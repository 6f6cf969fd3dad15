import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReplicaStatusDto } from './replica-status.dto.js';
import { ReplicaStatus } from './replica-status.js';

@ApiTags('cloud')
@Controller('api/v1/cloud')
export class ReplicaStatusController {
  constructor(private readonly status: ReplicaStatus) {}

  @Get('status')
  @ApiOperation({ summary: 'Which state this replica shows, how old it is, and what it refuses' })
  @ApiOkResponse({ type: ReplicaStatusDto })
  read(): ReplicaStatusDto {
    return this.status.view();
  }
}
