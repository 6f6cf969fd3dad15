import { ApiProperty } from '@nestjs/swagger';
import type { LastError } from './replica-state.store.js';
import type { ReplicaStatusView } from './replica-status.js';

const nullable = { nullable: true } as const;

export class ReplicaErrorDto implements LastError {
  @ApiProperty() code!: string;
  @ApiProperty() message!: string;
  @ApiProperty({ format: 'date-time', description: 'when it began' }) at!: string;
}

export class ReplicaPolicyDto {
  @ApiProperty() version!: number;
  @ApiProperty() hash!: string;
}

export class ReplicaTypeDto {
  @ApiProperty() type!: string;
  @ApiProperty() count!: number;
}

export class ReplicaStatusDto implements ReplicaStatusView {
  @ApiProperty({ enum: ['replica'] }) role!: 'replica';
  @ApiProperty({ type: Number, ...nullable }) generation!: number | null;
  @ApiProperty({ type: Number, ...nullable }) n!: number | null;
  @ApiProperty({ type: String, format: 'date-time', ...nullable }) asOf!: string | null;
  @ApiProperty({ type: Number, ...nullable }) lagMs!: number | null;
  @ApiProperty({ description: 'the last beat of the bucket has expired: authentic, but maybe old' })
  stale!: boolean;
  @ApiProperty({ type: String, format: 'date-time', ...nullable }) appliedAt!: string | null;
  @ApiProperty({ type: ReplicaPolicyDto, ...nullable }) policy!: ReplicaPolicyDto | null;
  @ApiProperty({ type: ReplicaErrorDto, ...nullable }) lastError!: ReplicaErrorDto | null;
  @ApiProperty({ type: [ReplicaTypeDto] }) types!: ReplicaTypeDto[];
}
