import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsString, IsUUID, MaxLength, ValidateIf } from 'class-validator';

const maxNameLength = 120;
const maxMembers = 5_000;
const id = { type: String, format: 'uuid', nullable: true } as const;
const ids = { type: 'array', items: { type: 'string', format: 'uuid' }, uniqueItems: true } as const;

export class TeamBody {
  @ApiProperty({ maxLength: maxNameLength, example: 'Sales north' })
  @IsString()
  @MaxLength(maxNameLength)
  name!: string;

  @ApiProperty({ ...id, description: 'the team above; null at the top of the tree' })
  @ValidateIf(({ parentId }: TeamBody) => parentId !== null)
  @IsUUID('all')
  parentId!: string | null;

  @ApiProperty({ ...ids, maxItems: maxMembers, description: 'everybody who shall be in this very team' })
  @IsArray()
  @ArrayMaxSize(maxMembers)
  @ArrayUnique()
  @IsUUID('all', { each: true })
  members!: string[];
}

/** The shape of `Team`, for the API document. */
export class TeamDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty(id) parentId!: string | null;
  @ApiProperty(ids) members!: string[];
}

export class TeamsDto {
  @ApiProperty({ type: [TeamDto] }) data!: TeamDto[];
}

export class ManagerDto {
  @ApiProperty({ ...id, description: 'to whom the person reports; null for nobody' })
  @ValidateIf(({ managerId }: ManagerDto) => managerId !== null)
  @IsUUID('all')
  managerId!: string | null;
}
