import { ApiProperty, ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';

const colour: ApiPropertyOptions = { type: String, nullable: true, pattern: '^#[0-9a-f]{6}$' };
const colourForm = /^#[0-9a-f]{6}$/;
const message = 'must be a colour like "#3366cc"';

export class NewTagDto {
  @ApiProperty({ maxLength: 60 }) @IsString() @MaxLength(200) name!: string;
  @ApiPropertyOptional(colour)
  @IsOptional()
  @Matches(colourForm, { message })
  colour?: string | null;
}

export class TagPatchDto {
  @ApiPropertyOptional({ maxLength: 60 })
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  @MaxLength(200)
  name?: string;
  @ApiPropertyOptional(colour)
  @IsOptional()
  @Matches(colourForm, { message })
  colour?: string | null;
}

export class TagChangeDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() from!: string;
  @ApiProperty({ type: String, nullable: true, description: 'null where the tag is taken away' })
  to!: string | null;
  @ApiProperty({ description: 'records rewritten so far' }) done!: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) finishedAt!: string | null;
}

export class TagDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty(colour) colour!: string | null;
  @ApiProperty() version!: number;
  @ApiPropertyOptional({ type: TagChangeDto, description: 'after a rename: how far it is' })
  change?: TagChangeDto;
}

export class TagsDto {
  @ApiProperty({ type: [TagDto] }) data!: TagDto[];
}

export class TagChangesDto {
  @ApiProperty({ type: [TagChangeDto] }) data!: TagChangeDto[];
}
