import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReplicaStatus, type ReplicaStatusView } from './replica-status.js';

@ApiTags('cloud')
@Controller('api/v1/cloud')
export class ReplicaStatusController {
  constructor(private readonly status: ReplicaStatus) {}

  @Get('status')
  @ApiOperation({ summary: 'Which state this replica shows, how old it is, and what it refuses' })
  read(): ReplicaStatusView {
    return this.status.view();
  }
}
