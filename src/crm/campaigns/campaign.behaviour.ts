import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { refuseCircles } from '../hierarchy/index.js';

/** Any number that no other advisory lock of ours uses. */
const treeLock = 4_839_205_103;

/** Campaigns form a tree and end after they begin. */
@Injectable()
export class CampaignBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'campaign';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const { after, refuse } of changes) {
      const { startDate, endDate } = after;
      if (typeof startDate === 'string' && typeof endDate === 'string' && endDate < startDate)
        refuse('endDate', 'must not lie before startDate');
    }
    await refuseCircles(tx, changes, treeLock);
  }
}
