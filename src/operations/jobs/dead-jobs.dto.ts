import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class DeadJobsQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  cursor?: string;
}

export class DeadJobDto {
  @ApiProperty({ description: '`<job name>/<job id>`' })
  id!: string;
  @ApiProperty()
  job!: string;
  @ApiProperty({ description: 'of the request that the job came from; also in the logs' })
  requestId!: string;
  @ApiProperty({ type: 'integer' })
  attempts!: number;
  @ApiProperty({ description: 'of the last attempt' })
  reason!: string;
  @ApiProperty({ format: 'date-time' })
  failedAt!: string;
}

class DeadJobPageInfoDto {
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}

export class DeadJobPageDto {
  @ApiProperty({ type: [DeadJobDto] })
  data!: DeadJobDto[];
  @ApiProperty({ type: DeadJobPageInfoDto })
  page!: DeadJobPageInfoDto;
}
