import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';

export class UploadQuery {
  @ApiProperty({
    description: 'the file’s name; folders and characters that deceive are taken out',
    maxLength: 1000,
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  name!: string;

  @ApiPropertyOptional({ description: 'one of GET /attachments/labels', maxLength: 40 })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  label?: string;
}

export class AttachmentPageQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;

  @ApiPropertyOptional({ format: 'uuid', description: '`page.nextCursor` of the page before' })
  @IsOptional()
  @IsUUID()
  cursor?: string;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'what lies in the recycle bin instead',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  deleted?: string;
}

export class ContentQuery {
  @ApiPropertyOptional({
    enum: ['inline', 'attachment'],
    default: 'attachment',
    description: 'inline is heeded for images and PDF only',
  })
  @IsOptional()
  @IsIn(['inline', 'attachment'])
  disposition?: 'inline' | 'attachment';
}

export class AttachmentPatchDto {
  @ApiPropertyOptional({ maxLength: 1000 })
  @ValidateIf((patch: AttachmentPatchDto) => patch.name !== undefined)
  @IsString()
  @IsNotEmpty()
  @MaxLength(1000)
  name?: string;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 40, description: 'null takes it away' })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  label?: string | null;
}

class CreatorDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) title!: string | null;
}

export class AttachmentDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() recordType!: string;
  @ApiProperty({ format: 'uuid' }) recordId!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ description: 'what the content was seen to be, whatever the sender called it' })
  mediaType!: string;
  @ApiProperty({ type: 'integer' }) bytes!: number;
  @ApiProperty({ type: String, nullable: true }) label!: string | null;
  @ApiProperty({ format: 'date-time' }) createdAt!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) createdBy!: string | null;
  @ApiProperty({ type: CreatorDto, nullable: true }) creator!: CreatorDto | null;
  @ApiProperty({ type: 'integer', description: 'also the ETag, to send back as If-Match' }) version!: number;
  @ApiProperty({
    enum: ['available', 'pending'],
    description: 'pending: on a replica, while the file is on its way',
  })
  state!: string;
  @ApiProperty({ description: 'an image or a PDF, which may be asked for inline' }) previewable!: boolean;
}

class AttachmentPageInfoDto {
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}

export class AttachmentPageDto {
  @ApiProperty({ type: [AttachmentDto] }) data!: AttachmentDto[];
  @ApiProperty({ type: AttachmentPageInfoDto }) page!: AttachmentPageInfoDto;
}

export class LabelsDto {
  @ApiProperty({ type: [String] }) data!: string[];
}
