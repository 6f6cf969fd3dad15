import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { lagWindows, type LagWindow } from './replica-lags.service.js';

export const REPLICA_PAGE = 50;

export class ReplicaLagsQuery {
  @ApiProperty({ required: false, enum: lagWindows, default: 'hour' })
  @IsOptional()
  @IsIn(lagWindows)
  window?: LagWindow;

  @ApiProperty({ required: false, minimum: 1, maximum: 100, default: REPLICA_PAGE })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  @ApiProperty({ required: false, description: '`nextCursor` of the page before: the name of a replica' })
  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9-]{0,62}$/, { message: 'cursor must be the name of a replica' })
  cursor?: string;
}

class LagPointDto {
  @ApiProperty({ format: 'date-time', description: 'where the step begins' })
  at!: string;

  @ApiProperty({ description: 'the greatest lag that was seen in the step' })
  lagMs!: number;
}

class ReplicaLagDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({
    type: [LagPointDto],
    description: 'the oldest first; a step in which nobody looked is missing',
  })
  points!: LagPointDto[];
}

export class ReplicaLagsDto {
  @ApiProperty({ format: 'date-time', description: 'where the first step begins' })
  from!: string;

  @ApiProperty()
  stepMs!: number;

  @ApiProperty({ description: 'how many steps the window has, the one under way included' })
  steps!: number;

  @ApiProperty({ type: [ReplicaLagDto] })
  data!: ReplicaLagDto[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}
