import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** Activities end after they begin, and a note is nothing to be done. */
@Injectable()
export class ActivityBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'activity';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  beforeWrite(_ctx: RequestContext, _tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const { after, refuse } of changes) {
      const { startsAt, endsAt } = after;
      if (typeof startsAt === 'string' && typeof endsAt === 'string' && endsAt < startsAt)
        refuse('endsAt', 'must not lie before startsAt');
      if (after['kind'] === 'note' && after['done'] === true)
        refuse('done', 'a note is neither open nor done');
    }
    return Promise.resolve();
  }
}
