import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** Any number that no other advisory lock of ours uses. */
const treeLock = 4_839_205_102;

/** Accounts form a tree: none may be its own ancestor. */
@Injectable()
export class AccountBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'account';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    // A new record has no descendants yet, so only a move can close a circle.
    const moved = changes.filter(
      ({ before, after }) => before && after['parentId'] && before['parentId'] !== after['parentId'],
    );
    if (moved.length === 0) return;
    // Two moves at once could close a circle that neither sees, so moves go one after the other.
    await query(tx, 'SELECT pg_advisory_xact_lock($1)', [treeLock]);
    for (const change of moved)
      if (await isAncestor(tx, change.id, change.after['parentId']))
        change.refuse('parentId', 'must not be the account itself or one below it');
  }
}

async function isAncestor(tx: QueryRunner, id: string, start: unknown): Promise<boolean> {
  const found = await query(
    tx,
    `WITH RECURSIVE up AS (
       SELECT id, parent_id FROM crm.account WHERE id = $2
       UNION SELECT a.id, a.parent_id FROM crm.account a JOIN up ON a.id = up.parent_id
     ) SELECT 1 FROM up WHERE id = $1 LIMIT 1`,
    [id, start],
  );
  return found.length > 0;
}
