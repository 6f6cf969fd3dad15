import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** Deals hold a stage's key and status, so neither may change under deals that stand in it. */
@Injectable()
export class StageBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'stage';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) {
      const { key } = change.after;
      if (typeof key === 'string' && !/^[a-z0-9][a-z0-9_-]*$/.test(key))
        change.refuse('key', 'must hold small letters, digits, - and _ only, like "won"');
      if (Number(change.after['probability'] ?? 0) > 100)
        change.refuse('probability', 'must be at most 100 percent');
      await refuseInUse(tx, change);
    }
  }
}

async function refuseInUse(tx: QueryRunner, change: RecordChange): Promise<void> {
  const { before, after } = change;
  if (!before) return;
  const changed = ['key', 'status', 'pipelineId'].filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return;
  const used = await query(tx, 'SELECT 1 FROM crm.deal WHERE pipeline_id = $1 AND stage = $2 LIMIT 1', [
    before['pipelineId'],
    before['key'],
  ]);
  if (used.length > 0)
    for (const name of changed) change.refuse(name, 'cannot change while deals stand in this stage');
}
