import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { policyWarningCodes, type PolicyState, type PolicyWarningCode } from '../policy/index.js';
import { CloudBrakeDto } from './cloud-brake.dto.js';
import { PersonDto } from './person.dto.js';

const nullable = { nullable: true } as const;

export class PolicyDocumentDto {
  /** the whole YAML document */
  @ApiProperty({ maxLength: 262_144 })
  @IsString()
  @MaxLength(262_144)
  yaml!: string;
}

const acknowledgement = { enum: policyWarningCodes, isArray: true } as const;

export class PolicyApprovalDto {
  /** warnings that you have read, of an answer `policy_needs_acknowledgement` */
  @ApiPropertyOptional(acknowledgement)
  @IsOptional()
  @IsArray()
  @IsIn(policyWarningCodes, { each: true })
  acknowledge?: PolicyWarningCode[];
}

export class PolicyProposalDto extends PolicyDocumentDto {
  /** warnings that you have read, of an answer `policy_needs_acknowledgement` */
  @ApiPropertyOptional(acknowledgement)
  @IsOptional()
  @IsArray()
  @IsIn(policyWarningCodes, { each: true })
  acknowledge?: PolicyWarningCode[];

  /** why; kept with the version and shown to the one who approves */
  @ApiProperty({ minLength: 1, maxLength: 2000 })
  @IsString()
  @Length(1, 2000)
  reason!: string;
}

export class NewHistoryDto {
  @ApiProperty({
    description: 'why this database and not the bucket is right; kept in the audit',
    maxLength: 500,
  })
  @IsString()
  @Length(1, 500)
  reason!: string;
}

export class PauseDto {
  /** why; kept in the audit */
  @ApiPropertyOptional({ minLength: 1, maxLength: 2000 })
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  reason?: string;
}

export class PolicyFieldsDto {
  @ApiProperty({ type: [String] }) included!: readonly string[];
  @ApiProperty({ type: [String] }) masked!: readonly string[];
  @ApiProperty({ type: [String] }) pseudonymised!: readonly string[];
  @ApiProperty({ type: [String] }) generalised!: readonly string[];
  @ApiProperty({ type: [String] }) omitted!: readonly string[];
}

export class PolicyTypeDto {
  @ApiProperty() type!: string;
  @ApiProperty() included!: number;
  @ApiProperty() withheld!: number;
  @ApiProperty() fields!: PolicyFieldsDto;
}

export class PolicyIssueDto {
  @ApiProperty() line!: number;
  @ApiProperty() column!: number;
  @ApiProperty() path!: string;
  @ApiProperty() message!: string;
  @ApiProperty({ type: String, ...nullable }) suggestion!: string | null;
}

export class PolicyCheckDto {
  @ApiProperty() ok!: boolean;
  @ApiProperty({ type: [PolicyIssueDto] }) errors!: readonly PolicyIssueDto[];
  @ApiProperty({ type: [PolicyTypeDto] }) counts!: readonly PolicyTypeDto[];
}

export class PolicyAllowanceDto {
  @ApiProperty({ example: 'contact.email' }) what!: string;
  @ApiProperty() reason!: string;
}

export class PolicyVersionDto {
  @ApiProperty() version!: number;
  @ApiProperty() yaml!: string;
  @ApiProperty({ description: 'SHA-256 of the YAML text, in hex' }) hash!: string;
  @ApiProperty({ enum: ['proposed', 'active', 'superseded', 'rejected'] }) state!: PolicyState;
  @ApiProperty({ description: 'came with the installation' }) bootstrap!: boolean;
  @ApiProperty({ type: PersonDto, ...nullable }) proposedBy!: PersonDto | null;
  @ApiProperty({ type: PersonDto, ...nullable }) approvedBy!: PersonDto | null;
  @ApiProperty() reason!: string;
  @ApiProperty({ type: [PolicyAllowanceDto], description: 'what it lets out against its classification' })
  allow!: readonly PolicyAllowanceDto[];
  @ApiProperty() proposedAt!: Date;
  @ApiProperty({ type: Date, ...nullable }) activatedAt!: Date | null;
}

export class ActivePolicyDto extends PolicyVersionDto {
  @ApiProperty({ type: [PolicyTypeDto] }) types!: readonly PolicyTypeDto[];
}

export class PolicyVersionsDto {
  @ApiProperty({ type: [PolicyVersionDto] }) data!: PolicyVersionDto[];
}

export class CloudStatusPolicyDto {
  @ApiProperty() version!: number;
  @ApiProperty() hash!: string;
  @ApiProperty({ type: Date, ...nullable }) activatedAt!: Date | null;
}

export class CloudErrorDto {
  @ApiProperty() code!: string;
  @ApiProperty({ description: 'empty for those who are not administrators' }) message!: string;
  @ApiProperty({ type: String, ...nullable }) at!: string | null;
}

export class CloudTypeDto {
  @ApiProperty() type!: string;
  @ApiProperty({ description: 'rows in the replica after the last published batch' }) published!: number;
  @ApiProperty({ description: 'rows that the policy keeps home' }) withheld!: number;
}

export class CloudReplicaDto {
  @ApiProperty() name!: string;
  @ApiProperty() generation!: number;
  @ApiProperty() n!: number;
  @ApiProperty() appliedAt!: Date;
  @ApiProperty({ description: 'age of the oldest batch that it has not applied' }) lagMs!: number;
}

export class CloudOpenTransactionDto {
  @ApiProperty({ enum: ['session', 'prepared'] }) kind!: 'session' | 'prepared';
  @ApiProperty({
    format: 'date-time',
    description: 'of a session: when the connector first saw that it had written',
  })
  since!: string;
  @ApiProperty({ type: Number, ...nullable, description: 'process id, of a session' }) pid!: number | null;
  @ApiProperty({ type: String, ...nullable, description: 'the name that it was prepared under' })
  gid!: string | null;
  @ApiProperty({ type: String, ...nullable, description: 'null for those who may not manage the cloud' })
  role!: string | null;
  @ApiProperty({ type: String, ...nullable }) application!: string | null;
}

export class CloudFileFailureDto {
  @ApiProperty({ format: 'uuid' }) blobId!: string;
  @ApiProperty() code!: string;
  @ApiProperty({ description: 'empty for those who may not manage the cloud' }) message!: string;
  @ApiProperty({ description: 'failures in a row' }) attempts!: number;
  @ApiProperty({ type: Date, ...nullable, description: 'when it is tried again' }) retryAt!: Date | null;
}

export class CloudFilesDto {
  @ApiProperty({ description: 'selected files that are not in the bucket yet' }) pending!: number;
  @ApiProperty() available!: number;
  @ApiProperty({ description: 'of the pending ones: waiting to be tried again' }) failed!: number;
  @ApiProperty({ description: 'sealed bytes in the bucket' }) bytes!: number;
  @ApiProperty({ description: 'plain bytes still to be sent' }) pendingBytes!: number;
  @ApiProperty({ type: [CloudFileFailureDto], description: 'at most 20' })
  failures!: readonly CloudFileFailureDto[];
}

export class CloudStatusDto {
  @ApiProperty({ description: 'a policy is in force' }) enabled!: boolean;
  @ApiProperty({ type: Number, ...nullable }) generation!: number | null;
  @ApiProperty({ type: Number, ...nullable }) n!: number | null;
  @ApiProperty({ type: Date, ...nullable }) publishedAt!: Date | null;
  @ApiProperty({ type: Date, ...nullable }) asOf!: Date | null;
  @ApiProperty({ type: Number, ...nullable, description: 'age of the published state while something waits' })
  lagMs!: number | null;
  @ApiProperty({ description: 'changes not published yet' }) backlog!: number;
  @ApiProperty() spoolBytes!: number;
  @ApiProperty({ description: 'what the connector is doing' }) connector!: string;
  @ApiProperty({ type: Date, ...nullable, description: 'when the connector was last heard of' })
  seenAt!: Date | null;
  @ApiProperty() paused!: boolean;
  @ApiProperty({ type: CloudBrakeDto, ...nullable, description: 'deletes that wait for a person' })
  brake!: CloudBrakeDto | null;
  @ApiProperty({
    type: [CloudOpenTransactionDto],
    description: 'open for five minutes and more: what they changed waits for their end; at most 20',
  })
  openTransactions!: readonly CloudOpenTransactionDto[];
  @ApiProperty({ type: CloudStatusPolicyDto, ...nullable }) policy!: CloudStatusPolicyDto | null;
  @ApiProperty({ type: CloudErrorDto, ...nullable }) lastError!: CloudErrorDto | null;
  @ApiProperty({ type: [CloudTypeDto] }) types!: CloudTypeDto[];
  @ApiProperty({ type: [CloudReplicaDto] }) replicas!: CloudReplicaDto[];
  @ApiProperty({ type: CloudFilesDto }) attachments!: CloudFilesDto;
}
