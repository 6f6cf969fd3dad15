import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { UserAccess } from './user-access.service.js';

/** What a changed user record means for sign-in: an address or a switch-off can be a way to take rights. */
@Injectable()
export class UserWriteBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'user';

  constructor(
    private readonly behaviours: RecordBehaviours,
    private readonly users: UserAccess,
  ) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  /** @throws NotAllowed for a person who may do more than the caller, LastAdministrator */
  async beforeWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    const existing = changes.filter(({ before }) => before !== null);
    for (const { id, before, after } of existing) {
      await this.users.refuseMightierThan(ctx, tx, id);
      if (before?.active === true && after.active === false)
        await this.users.refuseSwitchingOffLastAdministrator(tx, id);
    }
  }

  async beforeRemove(ctx: RequestContext, tx: QueryRunner, id: string): Promise<void> {
    await this.users.refuseMightierThan(ctx, tx, id);
    await this.users.refuseSwitchingOffLastAdministrator(tx, id);
  }
}
