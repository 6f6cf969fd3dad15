import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import {
  RecordBehaviours,
  type RecordBehaviour,
  type RecordChange,
  type RequestContext,
} from '../../records/index.js';
import { readPipelines, type PipelineFacts, type StageFacts } from './pipeline-facts.js';

/** A deal moves through the stages of its pipeline; status and probability follow from the stage. */
@Injectable()
export class DealBehaviour implements RecordBehaviour, OnModuleInit {
  readonly type = 'deal';

  constructor(private readonly behaviours: RecordBehaviours) {}

  onModuleInit(): void {
    this.behaviours.register(this);
  }

  async beforeWrite(_ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void> {
    const pipelines = await readPipelines(tx);
    for (const change of changes) placeDeal(change, pipelines);
  }
}

/** Fills pipeline, stage, status, probability and close date, or says why the deal cannot stand where it should. */
export function placeDeal(change: RecordChange, pipelines: readonly PipelineFacts[]): void {
  const { after } = change;
  const pipeline = after['pipelineId']
    ? pipelines.find(({ id }) => id === after['pipelineId'])
    : pipelines.find(({ isDefault }) => isDefault);
  if (!pipeline) {
    change.refuse('pipelineId', 'is required, as there is no default pipeline');
    return;
  }
  after['pipelineId'] = pipeline.id;
  const stage = stageOf(change, pipeline);
  if (!stage) {
    const known = pipeline.stages.map(({ key }) => `"${key}"`).join(', ');
    change.refuse('stage', `must be a stage of the pipeline ${pipeline.name}: ${known}`);
    return;
  }
  after['stage'] = stage.key;
  after['status'] = stage.status;
  followStage(change, stage);
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
  return pipeline.stages.find(({ status }) => status === 'open') ?? pipeline.stages[0];
}

function followStage(change: RecordChange, stage: StageFacts): void {
  const { before, after, given } = change;
  const isNewStage = before?.['stage'] !== stage.key || before['pipelineId'] !== after['pipelineId'];
  const isUnset = (after['probability'] ?? null) === null;
  if (!given.has('probability') && (isNewStage || isUnset)) after['probability'] = stage.probability;
  if (Number(after['probability'] ?? 0) > 100) change.refuse('probability', 'must be at most 100 percent');
  const isClosing = stage.status !== 'open' && before?.['status'] !== stage.status;
  if (isClosing && !given.has('closeDate') && (before !== null || !after['closeDate']))
    after['closeDate'] = new Date().toISOString().slice(0, 10);
}
