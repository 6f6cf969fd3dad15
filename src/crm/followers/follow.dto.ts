import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

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

class FollowPageInfoDto {
  @ApiProperty({ type: String, nullable: true }) nextCursor!: string | null;
}
class FollowerDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ type: String, nullable: true }) name!: string | null;
}
export class FollowerPageDto {
  @ApiProperty({ type: [FollowerDto] }) data!: FollowerDto[];
  @ApiProperty({ description: 'whether the caller is one of them' }) following!: boolean;
  @ApiProperty({ type: FollowPageInfoDto }) page!: FollowPageInfoDto;
}

class FollowedByDto {
  @ApiProperty({ type: String, format: 'uuid', nullable: true }) id!: string | null;
  @ApiProperty() name!: string;
}
class FollowedFieldDto {
  @ApiProperty() name!: string;
  @ApiProperty(anyValue) before!: unknown;
  @ApiProperty(anyValue) after!: unknown;
}
class FollowedDetailsDto {
  @ApiProperty() action!: string;
  @ApiProperty({ type: [FollowedFieldDto] }) fields!: FollowedFieldDto[];
  @ApiProperty({ description: 'the values were erased; that there was a change stays' }) erased!: boolean;
}
class FollowedChangeDto {
  @ApiProperty() id!: string;
  @ApiProperty({ format: 'date-time' }) at!: string;
  @ApiProperty() type!: string;
  @ApiProperty({ format: 'uuid' }) recordId!: string;
  @ApiProperty({ type: String, nullable: true }) title!: string | null;
  @ApiProperty({ type: FollowedByDto }) by!: FollowedByDto;
  @ApiProperty({ type: FollowedDetailsDto }) change!: FollowedDetailsDto;
}
export class FollowingPageDto {
  @ApiProperty({ type: [FollowedChangeDto] }) data!: FollowedChangeDto[];
  @ApiProperty({ type: FollowPageInfoDto }) page!: FollowPageInfoDto;
}
