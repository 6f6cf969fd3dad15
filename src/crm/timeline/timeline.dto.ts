import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';

const anyValue: ApiPropertyOptions = {
  description: 'of the field’s own kind',
  nullable: true,
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'object' },
    { type: 'array', items: {} },
  ],
};

class TimelinePersonDto {
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) id!: string | null;
  @ApiProperty({ type: String, nullable: true }) name!: string | null;
}

class TimelineFieldDto {
  @ApiProperty() name!: string;
  @ApiProperty(anyValue) before!: unknown;
  @ApiProperty(anyValue) after!: unknown;
}

class TimelineAttachmentStateDto {
  @ApiProperty() name!: string;
  @ApiProperty({ type: String, nullable: true }) label!: string | null;
}

class TimelineAttachmentDto extends TimelineAttachmentStateDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiPropertyOptional({ type: TimelineAttachmentStateDto }) before?: TimelineAttachmentStateDto;
}

class TimelineChangeDto {
  @ApiProperty() action!: string;
  @ApiProperty({ type: [TimelineFieldDto] }) fields!: TimelineFieldDto[];
  @ApiProperty({ description: 'the values were erased; that there was a change stays' }) erased!: boolean;
  @ApiPropertyOptional({
    type: TimelineAttachmentDto,
    description: 'the file that an attachment-… action is about',
  })
  attachment?: TimelineAttachmentDto;
}

class TimelineEntryDto {
  @ApiProperty() id!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ enum: ['activity', 'change'] }) kind!: string;
  @ApiProperty({ type: TimelinePersonDto, nullable: true }) by!: TimelinePersonDto | null;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'the activity, as GET /activities/:id',
  })
  activity?: object;
  @ApiPropertyOptional({ type: TimelineChangeDto }) change?: TimelineChangeDto;
}

class TimelinePageInfoDto {
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}

/** The shape of `TimelinePage`, for the API document. */
export class TimelinePageDto {
  @ApiProperty({ type: [TimelineEntryDto] }) data!: TimelineEntryDto[];
  @ApiProperty({ type: TimelinePageInfoDto }) page!: TimelinePageInfoDto;
}
