import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { Conflict } from '../../platform/errors/index.js';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';

/**
 * Deals hold a stage's key and status: a key stays for good, a status while deals stand in the stage. A pipeline that
 * works keeps an open, a won and a lost stage if it has them.
 */
@Injectable()
export class StageBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'stage';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    for (const change of changes) {
      checkStage(change);
      await refuseStatus(tx, change);
    }
  }

  async beforeRemove(_ctx: RequestContext, tx: QueryRunner, id: string): Promise<void> {
    const [stage] = await query<StageRow>(
      tx,
      'SELECT id, pipeline_id AS "pipelineId", key, status FROM crm.stage WHERE id = $1',
      [id],
    );
    if (!stage) return;
    if (await isUsed(tx, stage))
      throw new Conflict('stage_in_use', {
        detail: 'Deals stand in this stage. Say where they go: ?moveTo=<key of a stage>.',
      });
    if (await isLast(tx, stage))
      throw new Conflict('last_stage', {
        detail: `This is the last stage of its pipeline with the status ${stage.status}.`,
      });
  }
}

interface StageRow {
  readonly id: string;
  readonly pipelineId: string;
  readonly key: string;
  readonly status: string;
}

function checkStage({ before, after, refuse }: RecordChange): void {
  const { key } = after;
  if (!before && typeof key === 'string' && !/^[a-z0-9][a-z0-9_-]*$/.test(key))
    refuse('key', 'must hold small letters, digits, - and _ only, like "won"');
  if (before && before['key'] !== key) refuse('key', 'cannot change: deals and imports name it');
  if (before && before['pipelineId'] !== after['pipelineId'])
    refuse('pipelineId', 'cannot change: make the stage anew in the other pipeline');
  if (Number(after['probability'] ?? 0) > 100) refuse('probability', 'must be at most 100 percent');
}

async function refuseStatus(tx: QueryRunner, { id, before, after, refuse }: RecordChange): Promise<void> {
  if (!before || before['status'] === after['status']) return;
  const stage = { id, ...before } as unknown as StageRow;
  if (await isUsed(tx, stage)) refuse('status', 'cannot change while deals stand in this stage');
  else if (await isLast(tx, stage))
    refuse('status', `cannot change: no other stage of the pipeline is ${stage.status}`);
}

/** Deals in the recycle bin count: they can come back. */
async function isUsed(tx: QueryRunner, { pipelineId, key }: StageRow): Promise<boolean> {
  const used = await query(tx, 'SELECT 1 FROM crm.deal WHERE pipeline_id = $1 AND stage = $2 LIMIT 1', [
    pipelineId,
    key,
  ]);
  return used.length > 0;
}

/**
 * Under a lock of the pipeline, so that two at once cannot each leave the last one to the other. A pipeline that is
 * still being made (not the default one, and without a deal) may lack what it likes.
 */
async function isLast(tx: QueryRunner, { id, pipelineId, status }: StageRow): Promise<boolean> {
  const [pipeline] = await query<{ works: boolean }>(
    tx,
    `SELECT p.is_default OR EXISTS (SELECT 1 FROM crm.deal d WHERE d.pipeline_id = p.id) AS works
     FROM crm.pipeline p WHERE p.id = $1 FOR NO KEY UPDATE`,
    [pipelineId],
  );
  if (pipeline?.works !== true) return false;
  const others = await query(
    tx,
    `SELECT 1 FROM crm.stage WHERE pipeline_id = $1 AND status = $2 AND id <> $3 AND deleted_at IS NULL LIMIT 1`,
    [pipelineId, status, id],
  );
  return others.length === 0;
}
