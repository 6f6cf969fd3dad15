// Teams and managers decide whose records the level `team` covers. Each change is one transaction with its audit row,
// and changes wait for each other: two moves at once could otherwise close the tree to a ring.
import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { query, withTransaction } from '../../platform/database/index.js';
import {
  Conflict,
  InvalidInput,
  NotAllowed,
  NotFound,
  type FieldProblem,
} from '../../platform/errors/index.js';
import type { RequestContext } from '../../records/index.js';
import { AccessAudit } from '../access.audit.js';
import { TeamHasTeams } from '../access.errors.js';
import { RoleAccessPolicy } from '../policy/role-access-policy.js';
import { TeamStore, type Team } from './team.store.js';

export type { Team };
export type TeamInput = Omit<Team, 'id'>;

const lockTeams = 'LOCK TABLE access.team, access.user_manager IN SHARE ROW EXCLUSIVE MODE';
const maxNameLength = 120;

@Injectable()
export class Teams {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: TeamStore,
    private readonly policy: RoleAccessPolicy,
    private readonly audit: AccessAudit,
  ) {}

  async list(): Promise<Team[]> {
    return this.store.list();
  }

  /** @throws InvalidInput, Conflict (`team_name_taken`), NotAllowed (shows oneself more than before) */
  async create(ctx: RequestContext, input: TeamInput): Promise<Team> {
    const team = { id: uuidv7(), ...input, name: input.name.trim() };
    return this.change(ctx, async (tx) => {
      await this.check(tx, team);
      await this.store.save(tx, team, ctx.principal.userId);
      await this.audit.append(tx, ctx, 'team-created', 'team', team.id, { after: { ...input } });
      return team;
    });
  }

  /** Brings the team to what is given. @throws NotFound and what `create` throws */
  async replace(ctx: RequestContext, id: string, input: TeamInput): Promise<Team> {
    const team = { id, ...input, name: input.name.trim() };
    return this.change(ctx, async (tx) => {
      const { name, parentId, members } = await this.find(tx, id);
      await this.check(tx, team);
      await this.store.save(tx, team, ctx.principal.userId);
      const before = { name, parentId, members };
      await this.audit.append(tx, ctx, 'team-changed', 'team', id, { before, after: { ...input } });
      return team;
    });
  }

  /** @throws NotFound, TeamHasTeams */
  async remove(ctx: RequestContext, id: string): Promise<void> {
    await this.change(ctx, async (tx) => {
      const { name, parentId, members } = await this.find(tx, id);
      if ((await this.store.list(tx)).some((team) => team.parentId === id)) throw new TeamHasTeams();
      await this.store.remove(tx, id);
      await this.audit.append(tx, ctx, 'team-deleted', 'team', id, { before: { name, parentId, members } });
    });
  }

  /** @throws NotFound */
  async managerOf(userId: string): Promise<string | null> {
    await this.mustBeUser(this.dataSource, userId);
    return this.store.managerOf(userId);
  }

  /** @throws NotFound, InvalidInput (unknown, or somebody below), NotAllowed (shows oneself more than before) */
  async setManager(ctx: RequestContext, userId: string, managerId: string | null): Promise<void> {
    await this.change(ctx, async (tx) => {
      await this.mustBeUser(tx, userId);
      const before = await this.store.managerOf(userId, tx);
      if (managerId !== null) await this.checkManager(tx, userId, managerId);
      await this.store.setManager(tx, userId, managerId, ctx.principal.userId);
      const change = { before: { managerId: before }, after: { managerId } };
      await this.audit.append(tx, ctx, 'manager-set', 'user', userId, change);
    });
  }

  /** Nobody but an administrator brings more people's records into their own reach. */
  private async change<T>(ctx: RequestContext, work: (tx: QueryRunner) => Promise<T>): Promise<T> {
    const person = this.policy.isAdministrator(ctx) ? null : ctx.principal.userId;
    return withTransaction(this.dataSource, async (tx) => {
      await query(tx, lockTeams);
      const before = person === null ? [] : await this.store.reach(tx, person);
      const done = await work(tx);
      const after = person === null ? [] : await this.store.reach(tx, person);
      if (after.some((id) => !before.includes(id)))
        throw new NotAllowed({ detail: "You cannot bring more people's records into your own reach." });
      return done;
    });
  }

  private async find(tx: QueryRunner, id: string): Promise<Team> {
    const team = (await this.store.list(tx)).find((each) => each.id === id);
    if (!team) throw new NotFound();
    return team;
  }

  private async mustBeUser(runner: Parameters<typeof query>[0], userId: string): Promise<void> {
    if ((await this.store.unknownUsers(runner, [userId])).size > 0) throw new NotFound();
  }

  private async check(tx: QueryRunner, team: Team): Promise<void> {
    const all = await this.store.list(tx);
    const unknown = await this.store.unknownUsers(tx, team.members);
    const problems: FieldProblem[] = team.members.flatMap((id, index) =>
      unknown.has(id) ? [{ path: `members[${String(index)}]`, message: 'is no user' }] : [],
    );
    if (team.name === '' || team.name.length > maxNameLength)
      problems.push({ path: 'name', message: `must have 1 to ${String(maxNameLength)} characters` });
    problems.push(...parentProblems(all, team));
    if (problems.length > 0) throw new InvalidInput(problems);
    const isTaken = (each: Team): boolean =>
      each.id !== team.id && each.name.toLowerCase() === team.name.toLowerCase();
    if (all.some(isTaken)) throw new Conflict('team_name_taken', { detail: 'A team with this name exists.' });
  }

  private async checkManager(tx: QueryRunner, userId: string, managerId: string): Promise<void> {
    const refuse = (message: string): never => {
      throw new InvalidInput([{ path: 'managerId', message }]);
    };
    if ((await this.store.unknownUsers(tx, [managerId])).size > 0) refuse('is no user');
    if ((await this.store.reportingLine(tx, managerId)).includes(userId))
      refuse('must not be the person or somebody who reports to the person');
  }
}

function parentProblems(all: readonly Team[], team: Team): FieldProblem[] {
  const byId = new Map(all.map((each) => [each.id, each]));
  if (team.parentId !== null && !byId.has(team.parentId))
    return [{ path: 'parentId', message: 'is no team' }];
  for (let above = team.parentId; above !== null; above = byId.get(above)?.parentId ?? null)
    if (above === team.id) return [{ path: 'parentId', message: 'must not be the team or a team below it' }];
  return [];
}
