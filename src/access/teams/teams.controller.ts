import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '../../platform/http/index.js';
import { PrimaryOnly, RequirePermission } from '../guard/decorators.js';
import { knownIdForm } from '../guard/id-form.pipe.js';
import { ManagerDto, TeamBody, TeamDto, TeamsDto } from './team.dto.js';
import { Teams, type Team, type TeamInput } from './teams.service.js';

/** Ids in the form in which PostgreSQL answers them, since they are compared as text. */
const inputOf = ({ name, parentId, members }: TeamBody): TeamInput => ({
  name,
  parentId: parentId?.toLowerCase() ?? null,
  members: members.map((id) => id.toLowerCase()),
});

@ApiTags('teams')
@RequirePermission('manageUsers')
@PrimaryOnly()
@Controller('api/v1')
export class TeamsController {
  constructor(private readonly teams: Teams) {}

  @Get('teams')
  @ApiOperation({ summary: 'All teams with their members', operationId: 'listTeams' })
  @ApiResponse({ status: 200, type: TeamsDto })
  async list(): Promise<{ data: Team[] }> {
    return { data: await this.teams.list() };
  }

  @Post('teams')
  @ApiOperation({ summary: 'Make a team', operationId: 'createTeam' })
  @ApiResponse({ status: 201, type: TeamDto })
  async create(@Ctx() ctx: RequestContext, @Body() body: TeamBody): Promise<Team> {
    return this.teams.create(ctx, inputOf(body));
  }

  @Put('teams/:id')
  @ApiOperation({ summary: 'Set name, place and members of a team', operationId: 'replaceTeam' })
  @ApiResponse({ status: 200, type: TeamDto })
  async replace(
    @Ctx() ctx: RequestContext,
    @Param('id', knownIdForm) id: string,
    @Body() body: TeamBody,
  ): Promise<Team> {
    return this.teams.replace(ctx, id, inputOf(body));
  }

  @Delete('teams/:id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a team that has none below it', operationId: 'deleteTeam' })
  async remove(@Ctx() ctx: RequestContext, @Param('id', knownIdForm) id: string): Promise<void> {
    await this.teams.remove(ctx, id);
  }

  @Get('users/:id/manager')
  @ApiOperation({ summary: 'To whom a user reports', operationId: 'getUserManager' })
  @ApiResponse({ status: 200, type: ManagerDto })
  async managerOf(@Param('id', knownIdForm) id: string): Promise<{ managerId: string | null }> {
    return { managerId: await this.teams.managerOf(id) };
  }

  @Put('users/:id/manager')
  @ApiOperation({ summary: 'Set to whom a user reports', operationId: 'setUserManager' })
  @ApiResponse({ status: 200, type: ManagerDto })
  async setManager(
    @Ctx() ctx: RequestContext,
    @Param('id', knownIdForm) id: string,
    @Body() body: ManagerDto,
  ): Promise<{ managerId: string | null }> {
    const managerId = body.managerId?.toLowerCase() ?? null;
    await this.teams.setManager(ctx, id, managerId);
    return { managerId };
  }
}
