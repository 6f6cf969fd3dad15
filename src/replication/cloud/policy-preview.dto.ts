import { ApiProperty } from '@nestjs/swagger';
import { PolicyAllowanceDto, PolicyIssueDto } from './cloud.dto.js';

const nullable = { nullable: true } as const;

export class PolicySampleDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, ...nullable, description: 'null where the caller may not read it' })
  title!: string | null;
}

export class PolicyMovementDto {
  @ApiProperty() count!: number;
  @ApiProperty({ type: [PolicySampleDto], description: 'five at most' }) samples!: readonly PolicySampleDto[];
}

export class PolicyFieldChangeDto {
  @ApiProperty() field!: string;
  @ApiProperty({ example: 'include' }) now!: string;
  @ApiProperty({ example: 'generalise month' }) then!: string;
}

export class PolicyFieldChangesDto {
  @ApiProperty({ type: [String] }) enter!: readonly string[];
  @ApiProperty({ type: [String] }) leave!: readonly string[];
  @ApiProperty({ type: [PolicyFieldChangeDto] }) changed!: readonly PolicyFieldChangeDto[];
}

export class PolicyFileAmountDto {
  @ApiProperty() count!: number;
  @ApiProperty() bytes!: number;
}

export class PolicyFilesDto {
  @ApiProperty({ type: PolicyFileAmountDto }) now!: PolicyFileAmountDto;
  @ApiProperty({ type: PolicyFileAmountDto }) then!: PolicyFileAmountDto;
  @ApiProperty({ type: PolicyFileAmountDto }) enters!: PolicyFileAmountDto;
  @ApiProperty({ type: PolicyFileAmountDto }) leaves!: PolicyFileAmountDto;
}

export class PolicyTypePreviewDto {
  @ApiProperty() type!: string;
  @ApiProperty({ description: 'rows that go under the policy in force' }) now!: number;
  @ApiProperty({ description: 'rows that would go' }) then!: number;
  @ApiProperty({ type: PolicyMovementDto }) enters!: PolicyMovementDto;
  @ApiProperty({ type: PolicyMovementDto }) leaves!: PolicyMovementDto;
  @ApiProperty({ type: PolicyFieldChangesDto }) fields!: PolicyFieldChangesDto;
  @ApiProperty({ type: PolicyFilesDto, ...nullable }) attachments!: PolicyFilesDto | null;
}

export class PolicyPreviewDto {
  @ApiProperty() ok!: boolean;
  @ApiProperty({ type: [PolicyIssueDto] }) errors!: readonly PolicyIssueDto[];
  @ApiProperty({ type: Number, ...nullable, description: 'version in force' }) against!: number | null;
  @ApiProperty({ type: [PolicyAllowanceDto], description: 'what it lets out against its classification' })
  allow!: readonly PolicyAllowanceDto[];
  @ApiProperty({ type: [PolicyTypePreviewDto] }) types!: readonly PolicyTypePreviewDto[];
}
