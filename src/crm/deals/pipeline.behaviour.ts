import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { Conflict } from '../../platform/errors/index.js';
import {
  RecordBehaviours,
  RecordService,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/** Any number that no other advisory lock of ours uses. */
const defaultLock = 4_839_205_104;
const keyForm = /^[a-z0-9][a-z0-9_-]*$/;

/** Keys stay, and exactly one pipeline is the default: it gives that up only to another one. */
@Injectable()
export class PipelineBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'pipeline';

  constructor(
    private readonly behaviours: RecordBehaviours,
    private readonly records: RecordService,
  ) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) checkPipeline(change);
    const chosen = changes.filter(({ before, after }) => after['isDefault'] && !before?.['isDefault']);
    if (chosen.length === 0) return;
    for (const { refuse } of chosen.slice(1)) refuse('isDefault', 'can be true for one pipeline only');
    await query(tx, 'SELECT pg_advisory_xact_lock($1)', [defaultLock]);
    const former = await query<{ id: string }>(
      tx,
      'SELECT id FROM crm.pipeline WHERE is_default AND deleted_at IS NULL AND id <> $1',
      [chosen[0]?.id],
    );
    const derived = former.map(({ id }) => ({ id, values: { isDefault: false } }));
    await this.records.derive(ctx, 'pipeline', derived, tx);
  }

  async beforeRemove(_ctx: RequestContext, tx: QueryRunner, id: string): Promise<void> {
    const found = await query(tx, 'SELECT 1 FROM crm.pipeline WHERE id = $1 AND is_default', [id]);
    if (found.length > 0)
      throw new Conflict('default_pipeline', {
        detail: 'This is the default pipeline. Make another one the default first.',
      });
  }
}

function checkPipeline({ before, after, refuse }: RecordChange): void {
  if (before && before['key'] !== after['key']) refuse('key', 'cannot change: imports and programs name it');
  if (!before && typeof after['key'] === 'string' && !keyForm.test(after['key']))
    refuse('key', 'must hold small letters, digits, - and _ only, like "sales"');
  if (before?.['isDefault'] === true && after['isDefault'] !== true)
    refuse('isDefault', 'cannot be taken away: make another pipeline the default one');
  if (after['isDefault'] === true && after['archived'] === true)
    refuse('archived', 'cannot be true for the default pipeline');
}
