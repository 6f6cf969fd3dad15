import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDate, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { MAX_INTEGER } from '../../platform/http/index.js';

export const PUBLICATION_PAGE = 50;
/** as many digits as any number of PostgreSQL's `integer` may have */
const PLACE = /^\d{1,8}\/\d{1,9}$/;

export class PublicationPageQuery {
  @ApiProperty({ required: false, minimum: 1, maximum: 200, default: PUBLICATION_PAGE })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiProperty({ required: false, description: '`nextCursor` of the page before', example: '3/17' })
  @IsOptional()
  @Matches(PLACE, { message: 'cursor must be a generation and a number, such as 3/17' })
  cursor?: string;

  @ApiProperty({ required: false, description: 'only batches that changed rows of this type' })
  @IsOptional()
  @IsString()
  @MaxLength(63)
  type?: string;

  @ApiProperty({ required: false, format: 'date-time', description: 'published at this moment or later' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  since?: Date;

  @ApiProperty({ required: false, format: 'date-time', description: 'published before this moment' })
  @IsOptional()
  @Type(() => Date)
  @IsDate()
  until?: Date;
}

class ChangedTypeDto {
  @ApiProperty()
  type!: string;

  @ApiProperty()
  upserts!: number;

  @ApiProperty()
  deletes!: number;
}

export class PublishedBatchDto {
  @ApiProperty()
  generation!: number;

  @ApiProperty()
  n!: number;

  @ApiProperty({ enum: ['snapshot', 'delta'] })
  kind!: 'snapshot' | 'delta';

  @ApiProperty()
  policyVersion!: number;

  @ApiProperty({ format: 'date-time' })
  asOf!: string;

  @ApiProperty({ format: 'date-time' })
  publishedAt!: string;

  @ApiProperty({ description: 'SHA-256 of the manifest object' })
  manifest!: string;

  @ApiProperty({ description: 'of all its objects' })
  bytes!: number;

  @ApiProperty({ type: [ChangedTypeDto] })
  types!: ChangedTypeDto[];

  @ApiProperty({ description: 'how many objects it has' })
  objects!: number;
}

export class PublicationPageDto {
  @ApiProperty({ type: [PublishedBatchDto] })
  data!: PublishedBatchDto[];

  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null;
}

export class ObjectPageQuery {
  @ApiProperty({ required: false, minimum: 1, maximum: 1000, default: 200 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  @ApiProperty({ required: false, minimum: 0, default: 0 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(MAX_INTEGER)
  offset?: number;
}

class PublishedObjectDto {
  @ApiProperty()
  name!: string;

  @ApiProperty()
  bytes!: number;

  @ApiProperty()
  sha256!: string;
}

export class PublishedObjectsDto {
  @ApiProperty({ type: [PublishedObjectDto] })
  data!: PublishedObjectDto[];
}

class PlaceDto {
  @ApiProperty()
  generation!: number;

  @ApiProperty()
  n!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  publishedAt!: string | null;

  @ApiProperty({ type: Number, nullable: true })
  policyVersion!: number | null;
}

class TreatmentDto {
  @ApiProperty()
  field!: string;

  @ApiProperty({ example: 'mask last4' })
  as!: string;
}

export class RecordPublicationDto {
  @ApiProperty()
  type!: string;

  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ description: 'whether the cloud copy holds it now' })
  isPublished!: boolean;

  @ApiProperty({ type: PlaceDto, nullable: true, description: 'null: it never left' })
  first!: PlaceDto | null;

  @ApiProperty({ type: PlaceDto, nullable: true })
  last!: PlaceDto | null;

  @ApiProperty({ type: PlaceDto, nullable: true, description: 'where it left the cloud copy' })
  withdrawn!: PlaceDto | null;

  @ApiProperty({ type: [String], description: 'the columns that it left with, the last time' })
  columns!: string[];

  @ApiProperty({ type: [TreatmentDto] })
  treatments!: TreatmentDto[];
}
