import { isDeepStrictEqual } from 'node:util';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RecordMove,
  type RequestContext,
} from '../../records/index.js';
import { query } from '../../platform/database/index.js';
import { Conflict } from '../../platform/errors/index.js';
import type { DealStatus } from './deal-status.js';
import {
  holdStages,
  mappedStage,
  readPipelines,
  type PipelineFacts,
  type StageFacts,
} from './pipeline-facts.js';

/** A deal moves through the stages of its pipeline; status and probability follow from the stage. */
@Injectable()
export class DealBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'deal';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  /** A deal that comes back must find its place again. */
  async afterMove(_ctx: RequestContext, tx: QueryRunner, { action, record }: RecordMove): Promise<void> {
    if (action !== 'restore') return;
    const pipelines = await readPipelines(tx);
    const isThere = pipelines.some(
      ({ id, stages }) => id === record['pipelineId'] && stages.some(({ key }) => key === record['stage']),
    );
    if (!isThere)
      throw new Conflict('stage_gone', {
        detail: 'The pipeline or the stage of this deal is in the recycle bin: take that out first.',
      });
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    const pipelines = await readPipelines(tx);
    await refuseLostStages(
      tx,
      changes.filter((change) => placeDeal(change, pipelines)),
    );
    await refuseAmounts(tx, changes);
  }
}

/** A stage that an administrator removes at this moment is held by whoever comes first. */
async function refuseLostStages(tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
  const placed = changes.filter(
    ({ before, after }) =>
      before?.['stage'] !== after['stage'] || before?.['pipelineId'] !== after['pipelineId'],
  );
  const places = placed.map(({ after }) => ({ pipelineId: after['pipelineId'], stage: after['stage'] }));
  if (places.length === 0) return;
  const held = await holdStages(tx, places);
  for (const { after, refuse } of placed) {
    const place = `${String(after['pipelineId'])}:${String(after['stage'])}`;
    if (!held.has(place)) refuse('stage', 'is no longer a stage of this pipeline');
  }
}

/**
 * Fills pipeline, stage, status, probability and close date, or says why the deal cannot stand where it should.
 * @returns whether it has a place
 */
export function placeDeal(change: RecordChange, pipelines: readonly PipelineFacts[]): boolean {
  const { after } = change;
  const pipeline = after['pipelineId']
    ? pipelines.find(({ id }) => id === after['pipelineId'])
    : pipelines.find(({ isDefault }) => isDefault);
  if (pipeline?.archived && change.before?.['pipelineId'] !== pipeline.id) {
    change.refuse('pipelineId', `must not be ${pipeline.name}, which is archived and takes no new deals`);
    return false;
  }
  if (!pipeline) {
    change.refuse('pipelineId', 'is required, as there is no default pipeline');
    return false;
  }
  after['pipelineId'] = pipeline.id;
  const stage = stageOf(change, pipeline);
  if (!stage) {
    const known = pipeline.stages.map(({ key }) => `"${key}"`).join(', ');
    change.refuse('stage', `must be a stage of the pipeline ${pipeline.name}: ${known}`);
    return false;
  }
  after['stage'] = stage.key;
  after['status'] = stage.status;
  followLoss(change);
  followStage(change, stage);
  return true;
}

function stageOf(change: RecordChange, pipeline: PipelineFacts): StageFacts | undefined {
  const wanted = change.after['stage'];
  const hasMoved = change.before !== null && change.before['pipelineId'] !== pipeline.id;
  const isLeftOver = hasMoved && !change.given.has('stage');
  if (typeof wanted === 'string' && !isLeftOver) {
    // Lists from other systems name a stage as people do.
    const lower = wanted.toLowerCase();
    return (
      pipeline.stages.find(({ key }) => key === wanted) ??
      pipeline.stages.find(({ key, name }) => key.toLowerCase() === lower || name.toLowerCase() === lower)
    );
  }
  const former = { key: String(wanted), status: change.before?.['status'] as DealStatus };
  const mapped = isLeftOver ? mappedStage(pipeline, former) : undefined;
  return mapped ?? pipeline.stages.find(({ status }) => status === 'open') ?? pipeline.stages[0];
}

function followStage(change: RecordChange, stage: StageFacts): void {
  const { before, after, given } = change;
  const isNewStage = before?.['stage'] !== stage.key || before['pipelineId'] !== after['pipelineId'];
  const isUnset = (after['probability'] ?? null) === null;
  if (isNewStage) after['stageSince'] = new Date().toISOString();
  if (!given.has('probability') && (isNewStage || isUnset)) after['probability'] = stage.probability;
  if (Number(after['probability'] ?? 0) > 100) change.refuse('probability', 'must be at most 100 percent');
  const isClosing = stage.status !== 'open' && before?.['status'] !== stage.status;
  if (isClosing && !given.has('closeDate') && (before !== null || !after['closeDate']))
    after['closeDate'] = new Date().toISOString().slice(0, 10);
}

/** Only a lost deal has a reason for it; one that is taken up again loses it. */
function followLoss({ before, after, given, refuse }: RecordChange): void {
  if (after['status'] === 'lost' || (after['lostReason'] ?? null) === null) return;
  if (given.has('lostReason') && after['lostReason'] !== before?.['lostReason'])
    refuse('lostReason', 'belongs to lost deals only');
  else after['lostReason'] = null;
}

/** The amount of a deal with lines is their sum. The caller holds the deal's row lock, so no line comes in between. */
async function refuseAmounts(tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
  const changed = changes.filter(
    ({ before, after, given }) =>
      before && given.has('amount') && !isDeepStrictEqual(before['amount'], after['amount']),
  );
  if (changed.length === 0) return;
  const rows = await query<{ id: string }>(
    tx,
    'SELECT DISTINCT deal_id AS id FROM crm.deal_line WHERE deal_id = ANY($1::uuid[]) AND deleted_at IS NULL',
    [changed.map(({ id }) => id)],
  );
  const summed = new Set(rows.map(({ id }) => id));
  for (const { id, refuse } of changed)
    if (summed.has(id)) refuse('amount', 'is the sum of the lines of this deal: change those instead');
}
