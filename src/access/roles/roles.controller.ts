import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { PrimaryOnly, RequirePermission } from '../guard/decorators.js';
import { NewRoleBody, RoleBody, RoleDto, RolesDto } from './role.dto.js';
import type { RoleDefinition } from './role.js';
import { RoleStore, type StoredRole } from './role.store.js';
import { Roles } from './roles.service.js';

const definitionOf = (key: string, body: RoleBody): RoleDefinition => ({
  key,
  name: body.name,
  permissions: body.permissions,
  flags: body.flags,
  hiddenFields: body.hiddenFields,
  readOnlyFields: body.readOnlyFields,
});

@ApiTags('roles')
@RequirePermission('manageUsers')
@Controller('api/v1/roles')
export class RolesController {
  constructor(
    private readonly roles: Roles,
    private readonly store: RoleStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The roles and what each allows', operationId: 'listRoles' })
  @ApiResponse({ status: 200, type: RolesDto })
  async list(): Promise<{ data: StoredRole[] }> {
    return { data: await this.store.list() };
  }

  @Post()
  @PrimaryOnly()
  @ApiOperation({ summary: 'Make a role', operationId: 'createRole' })
  @ApiResponse({ status: 201, type: RoleDto })
  async create(@Ctx() ctx: RequestContext, @Body() body: NewRoleBody): Promise<StoredRole> {
    return this.roles.create(ctx, definitionOf(body.key, body));
  }

  @Put(':key')
  @PrimaryOnly()
  @ApiOperation({ summary: 'Set what a role allows', operationId: 'replaceRole' })
  @ApiResponse({ status: 200, type: RoleDto })
  async replace(
    @Ctx() ctx: RequestContext,
    @Param('key') key: string,
    @Body() body: RoleBody,
  ): Promise<StoredRole> {
    return this.roles.replace(ctx, definitionOf(key, body));
  }

  @Delete(':key')
  @PrimaryOnly()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a role that nobody has', operationId: 'deleteRole' })
  async remove(@Ctx() ctx: RequestContext, @Param('key') key: string): Promise<void> {
    await this.roles.remove(ctx, key);
  }
}
