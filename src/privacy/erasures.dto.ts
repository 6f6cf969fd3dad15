import { ApiProperty } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { Type } from 'class-transformer';
import { MAX_INTEGER } from '../platform/http/index.js';

export class EraseDto {
  @ApiProperty({ description: 'the type of the record', example: 'contact' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(63)
  type!: string;

  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  id!: string;

  @ApiProperty({ description: 'why; kept in the audit and the list of erasures', maxLength: 500 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  reason!: string;

  @ApiProperty({
    required: false,
    description: 'rewrite the cloud copy now instead of together with others',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  urgent?: boolean;
}

export class ErasurePageQuery {
  @ApiProperty({ required: false, minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiProperty({ required: false, description: '`nextCursor` of the page before' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_INTEGER)
  cursor?: number;
}

class SubjectDto {
  @ApiProperty()
  type!: string;

  @ApiProperty({ format: 'uuid' })
  id!: string;
}

const STATES = ['waiting', 'rewriting', 'purging', 'receipted', 'acknowledged'] as const;

export class ErasureDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  sequence!: number;

  @ApiProperty({ type: SubjectDto })
  subject!: SubjectDto;

  @ApiProperty()
  reason!: string;

  @ApiProperty()
  urgent!: boolean;

  @ApiProperty({ format: 'date-time' })
  requestedAt!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  requestedBy!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'how many rows of each type went',
  })
  erased!: Record<string, number>;

  @ApiProperty({ enum: STATES })
  @IsIn(STATES)
  state!: (typeof STATES)[number];

  @ApiProperty({ type: Number, nullable: true, description: 'the generation whose receipt tells of it' })
  generation!: number | null;
}

export class ErasurePageDto {
  @ApiProperty({ type: [ErasureDto] })
  data!: ErasureDto[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}
