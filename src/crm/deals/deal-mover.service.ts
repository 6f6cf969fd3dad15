import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { query, withTransaction } from '../../platform/database/index.js';
import { InvalidInput, NotAllowed, type FieldProblem } from '../../platform/errors/index.js';
import {
  ACCESS_POLICY,
  recordTypeOf,
  RecordService,
  type AccessPolicy,
  type RecordAction,
  type RequestContext,
} from '../../records/index.js';
import { mappedStage, readPipelines, type PipelineFacts, type StageFacts } from './pipeline-facts.js';

interface Place {
  readonly pipelineId: string;
  readonly stage: string;
}

/** Moves all the deals of a stage or a pipeline at once, those in the recycle bin too, each with its audit entry. */
@Injectable()
export class DealMover {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordService,
    @Inject(ACCESS_POLICY) private readonly policy: AccessPolicy,
  ) {}

  /**
   * Moves the stage to the recycle bin, its deals to another stage of the pipeline first.
   * @throws NotFound, NotAllowed, InvalidInput for `moveTo`, Conflict, StaleVersion
   */
  async removeStage(
    ctx: RequestContext,
    stageId: string,
    version: number | null,
    moveTo: string | undefined,
  ): Promise<void> {
    this.mustBeAllowed(ctx, 'stage', 'delete');
    await withTransaction(this.dataSource, async (tx) => {
      if (moveTo !== undefined) await this.emptyStage(ctx, tx, stageId, moveTo);
      await this.records.remove(ctx, 'stage', stageId, version, { tx });
    });
  }

  /**
   * Moves every deal of a pipeline to another one.
   * @param stages keys of stages there by keys of stages here; what is not named goes to the stage of the same key,
   * else the first of the same status
   * @returns how many were moved
   */
  async moveAll(
    ctx: RequestContext,
    pipelineId: string,
    to: string,
    stages: Readonly<Record<string, string>>,
  ): Promise<number> {
    this.mustBeAllowed(ctx, 'pipeline', 'update');
    return withTransaction(this.dataSource, async (tx) => {
      await this.records.get(ctx, 'pipeline', pipelineId, { fields: ['id'] }, tx);
      const pipelines = await readPipelines(tx);
      const from = pipelines.find(({ id }) => id === pipelineId);
      const target = pipelines.find(({ id }) => id === to && id !== pipelineId && !isArchived(id, pipelines));
      if (!from || !target)
        throw new InvalidInput([{ path: 'to', message: 'must be another pipeline in use' }]);
      const wanted = wantedStages(from, target, stages);
      let moved = 0;
      for (const [key, stage] of wanted)
        moved += await this.move(ctx, tx, { pipelineId, stage: key }, { pipelineId: to, stage });
      return moved;
    });
  }

  private async emptyStage(
    ctx: RequestContext,
    tx: QueryRunner,
    stageId: string,
    moveTo: string,
  ): Promise<void> {
    const stage = await this.records.get(ctx, 'stage', stageId, {}, tx);
    const pipeline = (await readPipelines(tx)).find(({ id }) => id === stage['pipelineId']);
    const target = pipeline?.stages.find(({ key }) => key === moveTo && key !== stage['key']);
    if (!target)
      throw new InvalidInput([
        { path: 'moveTo', message: 'must be the key of another stage of this pipeline' },
      ]);
    const from = { pipelineId: String(stage['pipelineId']), stage: String(stage['key']) };
    // Deals first, as whoever moves a deal holds it before the stage; then the stage, so that no deal comes in.
    await this.move(ctx, tx, from, { ...from, stage: target });
    await query(tx, 'SELECT 1 FROM crm.stage WHERE id = $1 FOR UPDATE', [stageId]);
    await this.move(ctx, tx, from, { ...from, stage: target });
  }

  private async move(
    ctx: RequestContext,
    tx: QueryRunner,
    from: Place,
    to: { readonly pipelineId: string; readonly stage: StageFacts },
  ): Promise<number> {
    const rows = await query<{ id: string; status: string; reason: string | null }>(
      tx,
      `SELECT id, status, lost_reason AS reason FROM crm.deal WHERE pipeline_id = $1 AND stage = $2
       ORDER BY id FOR UPDATE`,
      [from.pipelineId, from.stage],
    );
    const now = new Date().toISOString();
    const { key, status, probability } = to.stage;
    const derived = rows.map((deal) => ({
      id: deal.id,
      values: {
        ...{ pipelineId: to.pipelineId, stage: key, status, probability, stageSince: now },
        ...(status === 'lost' ? {} : { lostReason: null }),
        ...(status !== 'open' && deal.status !== status ? { closeDate: now.slice(0, 10) } : {}),
      },
    }));
    await this.records.derive(ctx, 'deal', derived, tx);
    return derived.length;
  }

  private mustBeAllowed(ctx: RequestContext, name: string, action: RecordAction): void {
    const type = recordTypeOf(name);
    if (this.policy.can(ctx, type, action) !== 'all')
      throw new NotAllowed({ detail: `You may not ${action} ${type.plural}.` });
  }
}

function isArchived(id: string, pipelines: readonly PipelineFacts[]): boolean {
  return pipelines.some((pipeline) => pipeline.id === id && pipeline.archived);
}

function wantedStages(
  from: PipelineFacts,
  to: PipelineFacts,
  named: Readonly<Record<string, string>>,
): Map<string, StageFacts> {
  const problems: FieldProblem[] = [];
  const wanted = new Map<string, StageFacts>();
  for (const key of Object.keys(named))
    if (!from.stages.some((stage) => stage.key === key))
      problems.push({ path: `stages.${key.slice(0, 60)}`, message: 'is not a stage of this pipeline' });
  for (const stage of from.stages) {
    const name = Object.hasOwn(named, stage.key) ? named[stage.key] : undefined;
    const target = name === undefined ? mappedStage(to, stage) : to.stages.find(({ key }) => key === name);
    if (target) wanted.set(stage.key, target);
    else problems.push({ path: `stages.${stage.key}`, message: `must be a stage of ${to.name}` });
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return wanted;
}
