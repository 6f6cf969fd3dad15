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
  /** in the order of the pipeline */
  readonly stages: readonly StageFacts[];
}

/** Every live pipeline with its stages; the default one first, should two claim to be it. */
export function readPipelines(tx: QueryRunner): Promise<PipelineFacts[]> {
  return query<PipelineFacts>(
    tx,
    `SELECT p.id, p.name, p.is_default AS "isDefault", coalesce(
       (SELECT json_agg(json_build_object('key', s.key, 'name', s.name, 'status', s.status,
                                          'probability', s.probability) ORDER BY s.position, s.key)
        FROM crm.stage s WHERE s.pipeline_id = p.id AND s.deleted_at IS NULL), '[]') AS stages
     FROM crm.pipeline p WHERE p.deleted_at IS NULL ORDER BY p.is_default DESC, p.position, p.id`,
  );
}
