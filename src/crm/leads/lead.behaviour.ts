import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** A lead becomes converted by its conversion only, and stays as it was from then on. */
@Injectable()
export class LeadBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'lead';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  beforeWrite(_ctx: RequestContext, _tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const { before, after, given, refuse } of changes) {
      if (before?.['status'] === 'converted')
        for (const name of given)
          refuse(name, 'cannot change any more: this lead was converted; change its account or contact');
      else if (after['status'] === 'converted')
        refuse('status', 'is set by converting the lead: POST /api/v1/leads/:id/convert');
    }
    return Promise.resolve();
  }
}
