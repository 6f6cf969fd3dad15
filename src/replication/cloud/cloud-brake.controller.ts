import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import type { BrakeState } from './brake-state.js';
import { BrakeConsentDto, CloudBrakeDto } from './cloud-brake.dto.js';
import { CloudBrakeService } from './cloud-brake.service.js';

/** The brake on mass deletes; what it holds stands in the status. */
@ApiTags('cloud')
@Controller('api/v1/cloud/brake')
export class CloudBrakeController {
  constructor(private readonly brake: CloudBrakeService) {}

  @Post('confirm')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'confirmCloudBrake',
    summary: 'Let the deletes out that the brake holds: those that you saw, once, and for a limited time',
  })
  @ApiResponse({ status: 200, type: CloudBrakeDto })
  confirm(@Ctx() ctx: RequestContext, @Body() body: BrakeConsentDto): Promise<BrakeState> {
    return this.brake.confirm(ctx, body);
  }
}
