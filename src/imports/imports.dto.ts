import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { importStates } from './run/import.row.js';

export class CreateImportDto {
  @ApiProperty({ description: 'the mapping file, YAML' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200_000)
  mapping!: string;

  @ApiProperty({ description: 'shown to people; the file itself is stored under a name of the server’s' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  fileName!: string;

  @ApiPropertyOptional({ description: 'go through everything, keep nothing', default: false })
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;

  @ApiPropertyOptional({ description: 'keep nothing if one row is wrong', default: false })
  @IsOptional()
  @IsBoolean()
  allOrNothing?: boolean;
}

export class ImportPageQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiPropertyOptional({ format: 'uuid' })
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

class ImportProgressDto {
  @ApiProperty({ type: 'integer', nullable: true, description: 'data rows in the file, once it was read' })
  rows!: number | null;
  @ApiProperty({ type: 'integer' })
  done!: number;
  @ApiProperty({ type: 'integer', description: 'rows whose links inside the file are set' })
  linked!: number;
}

class ImportCountsDto {
  @ApiProperty({ type: 'integer' })
  created!: number;
  @ApiProperty({ type: 'integer' })
  updated!: number;
  @ApiProperty({ type: 'integer' })
  unchanged!: number;
  @ApiProperty({ type: 'integer' })
  skipped!: number;
  @ApiProperty({ type: 'integer' })
  failed!: number;
}

class ImportProblemDto {
  @ApiProperty({ type: 'integer' })
  line!: number;
  @ApiPropertyOptional()
  column?: string;
  @ApiProperty()
  message!: string;
}

export class ImportStatusDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;
  @ApiProperty()
  type!: string;
  @ApiProperty()
  label!: string;
  @ApiProperty()
  fileName!: string;
  @ApiProperty()
  dryRun!: boolean;
  @ApiProperty()
  allOrNothing!: boolean;
  @ApiProperty({ enum: importStates })
  state!: string;
  @ApiProperty({ type: ImportProgressDto })
  progress!: ImportProgressDto;
  @ApiProperty({ type: ImportCountsDto })
  counts!: ImportCountsDto;
  @ApiProperty({ type: [ImportProblemDto], description: 'what is wrong with the file itself' })
  problems!: ImportProblemDto[];
  @ApiProperty()
  hasErrorFile!: boolean;
  @ApiProperty({ format: 'date-time' })
  createdAt!: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: Date | null;
}

class ImportPageInfoDto {
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}

export class ImportPageDto {
  @ApiProperty({ type: [ImportStatusDto] })
  data!: ImportStatusDto[];
  @ApiProperty({ type: ImportPageInfoDto })
  page!: ImportPageInfoDto;
}
