import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags, ApiResponse } from '@nestjs/swagger';
import { UserRolesDto } from '../roles/role.dto.js';
import { ArrayMaxSize, ArrayUnique, IsArray, IsString, MaxLength } from 'class-validator';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { PrimaryOnly, RequirePermission } from '../guard/decorators.js';
import { knownIdForm } from '../guard/id-form.pipe.js';
import { maxPasswordLength } from '../password/password-rules.js';
import { UserAccess } from './user-access.service.js';

const maxRoles = 50;

export class UserRolesBody {
  /** keys of all roles that the person shall have */
  @ApiProperty({ type: [String], maxItems: maxRoles, example: ['sales'] })
  @IsArray()
  @ArrayMaxSize(maxRoles)
  @ArrayUnique()
  @IsString({ each: true })
  roles!: string[];
}

export class UserPasswordBody {
  @ApiProperty({ maxLength: maxPasswordLength, format: 'password' })
  @IsString()
  @MaxLength(maxPasswordLength)
  password!: string;
}

@ApiTags('users')
@RequirePermission('manageUsers')
@Controller('api/v1')
export class UserAccessController {
  constructor(private readonly users: UserAccess) {}

  @Get('users/:id/roles')
  @PrimaryOnly()
  @ApiOperation({ summary: "A user's roles", operationId: 'getUserRoles' })
  @ApiResponse({ status: 200, type: UserRolesDto })
  async rolesOf(@Param('id', knownIdForm) id: string): Promise<{ roles: string[] }> {
    return { roles: await this.users.rolesOf(id) };
  }

  @Put('users/:id/roles')
  @PrimaryOnly()
  @ApiOperation({ summary: "Set a user's roles", operationId: 'setUserRoles' })
  @ApiResponse({ status: 200, type: UserRolesDto })
  async setRoles(
    @Ctx() ctx: RequestContext,
    @Param('id', knownIdForm) id: string,
    @Body() body: UserRolesBody,
  ): Promise<{ roles: string[] }> {
    return { roles: await this.users.setRoles(ctx, id, body.roles) };
  }

  @Post('users/:id/password')
  @PrimaryOnly()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Give a user a first password, to be changed at sign-in',
    operationId: 'setUserPassword',
  })
  async setPassword(
    @Ctx() ctx: RequestContext,
    @Param('id', knownIdForm) id: string,
    @Body() body: UserPasswordBody,
  ): Promise<void> {
    await this.users.setPassword(ctx, id, body.password);
  }
}
