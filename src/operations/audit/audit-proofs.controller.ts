import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../access/index.js';
import { AuditProofs, type ConsistencyProof, type InclusionProof } from '../../audit/index.js';
import {
  AuditCheckpointDto,
  AuditConsistencyDto,
  AuditConsistencyQuery,
  AuditInclusionDto,
  AuditProofQuery,
} from './audit-proofs.dto.js';

/** What an outsider needs to check the audit: see docs/audit.md. An entry tells who did what, hence the permission. */
@ApiTags('operations')
@RequirePermission('manageSettings')
@Controller('api/v1/audit')
export class AuditProofsController {
  constructor(private readonly proofs: AuditProofs) {}

  @Get('checkpoint')
  @ApiOperation({ operationId: 'getAuditCheckpoint', summary: 'The newest signed checkpoint of the audit' })
  @ApiResponse({ status: 200, type: AuditCheckpointDto })
  async checkpoint(): Promise<AuditCheckpointDto> {
    const { size, root, at, note } = await this.proofs.checkpoint();
    return { size, root: root.toString('base64'), at: at.toISOString(), note };
  }

  @Get('proof')
  @ApiOperation({
    operationId: 'getAuditProof',
    summary: 'That an entry is in the audit, for anyone to check',
  })
  @ApiResponse({ status: 200, type: AuditInclusionDto })
  proof(@Query() { entry }: AuditProofQuery): Promise<InclusionProof> {
    return this.proofs.inclusion(entry);
  }

  @Get('consistency')
  @ApiOperation({
    operationId: 'getAuditConsistency',
    summary: 'That nothing was changed or removed between two checkpoints, for anyone to check',
  })
  @ApiResponse({ status: 200, type: AuditConsistencyDto })
  consistency(@Query() { from, to }: AuditConsistencyQuery): Promise<ConsistencyProof> {
    return this.proofs.consistency(from, to);
  }
}
