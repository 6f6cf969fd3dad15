import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { levels, roleFlags } from './role.js';

const fieldsByType: ApiPropertyOptions = {
  type: 'object',
  additionalProperties: { type: 'array', items: { type: 'string' } },
};
const permissions: ApiPropertyOptions = {
  type: 'object',
  description: 'per record type, or * for those not named, and per action',
  additionalProperties: { type: 'object', additionalProperties: { type: 'string', enum: [...levels] } },
};

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
