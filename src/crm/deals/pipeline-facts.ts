import type { QueryRunner } from 'typeorm';
import { query } from '../../platform/database/index.js';
import type { DealStatus } from './deal-status.js';

export interface StageFacts {
  readonly key: string;
  readonly name: string;
  readonly status: DealStatus;
  readonly probability: number;
}

export interface PipelineFacts {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  /** takes no new deals */
  readonly archived: boolean;
  /** in the order of the pipeline */
  readonly stages: readonly StageFacts[];
}

/** Every live pipeline with its stages; the default one first, should two claim to be it. */
export function readPipelines(tx: QueryRunner): Promise<PipelineFacts[]> {
  return query<PipelineFacts>(
    tx,
    `SELECT p.id, p.name, p.is_default AS "isDefault", p.archived IS TRUE AS archived, coalesce(
       (SELECT json_agg(json_build_object('key', s.key, 'name', s.name, 'status', s.status,
                                          'probability', s.probability) ORDER BY s.position, s.key)
        FROM crm.stage s WHERE s.pipeline_id = p.id AND s.deleted_at IS NULL), '[]') AS stages
     FROM crm.pipeline p WHERE p.deleted_at IS NULL ORDER BY p.is_default DESC, p.position, p.id`,
  );
}

/** Where a deal of a stage goes in another pipeline: to the same key, else the first of the same status. */
export function mappedStage(
  to: PipelineFacts,
  stage: Pick<StageFacts, 'key' | 'status'>,
): StageFacts | undefined {
  return (
    to.stages.find(({ key }) => key === stage.key) ?? to.stages.find(({ status }) => status === stage.status)
  );
}

/**
 * Holds the stages that deals are about to stand in, so that none is removed meanwhile.
 * @returns keys `<pipeline>:<stage>` of those that are still there
 */
export async function holdStages(
  tx: QueryRunner,
  places: readonly { readonly pipelineId: unknown; readonly stage: unknown }[],
): Promise<Set<string>> {
  const rows = await query<{ place: string }>(
    tx,
    `SELECT pipeline_id || ':' || key AS place FROM crm.stage
     WHERE deleted_at IS NULL AND (pipeline_id, key) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
     ORDER BY id FOR KEY SHARE`,
    [places.map(({ pipelineId }) => pipelineId), places.map(({ stage }) => stage)],
  );
  return new Set(rows.map(({ place }) => place));
}
