import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsUUID } from 'class-validator';

export class MarkReadDto {
  @ApiPropertyOptional({ type: [String], format: 'uuid', description: 'all where left out' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsUUID('all', { each: true })
  ids?: string[];
}

class MentionAuthorDto {
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) id!: string | null;
  @ApiProperty({ type: String, nullable: true }) name!: string | null;
}
class MentionDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty({ type: MentionAuthorDto }) by!: MentionAuthorDto;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) readAt!: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'as GET /activities/:id' })
  activity!: object;
}
class MentionPageInfoDto {
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}
export class MentionPageDto {
  @ApiProperty({ type: [MentionDto] }) data!: MentionDto[];
  @ApiProperty({ description: 'unread ones, at most 100' }) unread!: number;
  @ApiProperty({ type: MentionPageInfoDto }) page!: MentionPageInfoDto;
}
