import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsObject, IsString, MaxLength } from 'class-validator';
import { roleFlags, roleLevels, type RoleFields, type RoleFlag, type RolePermissions } from './role.js';

const fieldsByType: ApiPropertyOptions = {
  type: 'object',
  additionalProperties: { type: 'array', items: { type: 'string' } },
};
const permissions: ApiPropertyOptions = {
  type: 'object',
  description: 'per record type, or * for those not named, and per action',
  additionalProperties: { type: 'object', additionalProperties: { type: 'string', enum: [...roleLevels] } },
};

const maxTextLength = 120;

/** Form only: names of types, actions and fields are checked against what there is. */
export class RoleBody {
  @ApiProperty({ maxLength: maxTextLength, example: 'Sales north' })
  @IsString()
  @MaxLength(maxTextLength)
  name!: string;

  @ApiProperty(permissions)
  @IsObject()
  permissions!: RolePermissions;

  @ApiProperty({ enum: roleFlags, isArray: true })
  @IsArray()
  @ArrayMaxSize(roleFlags.length)
  @ArrayUnique()
  flags!: RoleFlag[];

  @ApiProperty({ ...fieldsByType, description: 'fields that the role does not show, per record type' })
  @IsObject()
  hiddenFields!: RoleFields;

  @ApiProperty({
    ...fieldsByType,
    description: 'fields that the role shows but does not write, per record type',
  })
  @IsObject()
  readOnlyFields!: RoleFields;
}

export class NewRoleBody extends RoleBody {
  @ApiProperty({ pattern: '^[a-z][a-z0-9-]{0,62}$', example: 'sales-north' })
  @IsString()
  @MaxLength(maxTextLength)
  key!: string;
}

/** The shape of `StoredRole`, for the API document. */
export class RoleDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty() key!: string;
  @ApiProperty() name!: string;
  @ApiProperty(permissions) permissions!: object;
  @ApiProperty({ enum: roleFlags, isArray: true }) flags!: string[];
  @ApiProperty(fieldsByType) hiddenFields!: object;
  @ApiProperty(fieldsByType) readOnlyFields!: object;
  @ApiProperty() builtIn!: boolean;
}

export class RolesDto {
  @ApiProperty({ type: [RoleDto] }) data!: RoleDto[];
}

export class UserRolesDto {
  @ApiProperty({ type: [String], description: 'role keys' }) roles!: string[];
}
