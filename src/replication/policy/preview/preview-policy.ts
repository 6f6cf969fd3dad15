import type { DataSource } from 'typeorm';
import { query, withTransaction, type SqlRunner } from '../../../platform/database/index.js';
import { Unavailable } from '../../../platform/errors/index.js';
import { recordTypes, type RecordTypeMeta } from '../../../records/index.js';
import { attachmentType, fixedFields, type CloudPolicy } from '../document/policy.model.js';
import { compareFields, fieldsInForce, type FieldChanges } from './compare-fields.js';
import { compareFiles, compareRows, type FileChange, type RowChange } from './compare-rows.js';

/** What a policy would change for one type, against the one in force. */
export interface TypePreview extends RowChange {
  readonly type: string;
  readonly fields: FieldChanges;
  /** files of its records; null where none go, now or then */
  readonly attachments: FileChange | null;
}

export interface PolicyComparison {
  /** version of the policy in force; null: nothing leaves now */
  readonly against: number | null;
  readonly types: readonly TypePreview[];
}

const timeoutMs = 60_000;
const queryCanceled = '57014';

/**
 * Reads both selections under one snapshot, as holdfast_maintainer and without writing anything: no view is made for a
 * policy that is only looked at.
 * @param showsTitles whether the caller may see the names of records of the type
 */
export async function previewPolicy(
  maintainer: DataSource,
  policy: CloudPolicy,
  showsTitles: (type: RecordTypeMeta) => boolean,
): Promise<PolicyComparison> {
  try {
    return await withTransaction(maintainer, (tx) => compare(tx, policy, showsTitles), {
      isolation: 'REPEATABLE READ',
    });
  } catch (error) {
    if ((error as { code?: unknown }).code !== queryCanceled) throw error;
    throw new Unavailable('preview_too_slow', {
      detail:
        'Comparing took too long: the database is busy, or the conditions read too much. Nothing was changed.',
    });
  }
}

async function compare(
  tx: SqlRunner,
  policy: CloudPolicy,
  showsTitles: (type: RecordTypeMeta) => boolean,
): Promise<PolicyComparison> {
  await query(tx, 'SET TRANSACTION READ ONLY');
  await query(tx, `SET LOCAL statement_timeout = ${String(timeoutMs)}`);
  await query(tx, `SET LOCAL work_mem = '64MB'`);
  await query(tx, 'SET LOCAL jit = off');
  const [active] = await query<{ version: number }>(
    tx,
    `SELECT version FROM replication.policy WHERE state = 'active'`,
  );
  const types = recordTypes().filter(({ cloud, name }) => cloud === 'policy' && name !== attachmentType);
  const now = await fieldsInForce(tx, types);
  const hasFiles = await isInForce(tx, attachmentType);
  const files = await compareFiles(tx, policy, hasFiles);
  const previews: TypePreview[] = [];
  for (const type of types) {
    const rows = await compareRows(tx, policy, type, now.has(type.name), showsTitles(type));
    const fields = compareFields(policy, type, now.get(type.name), fixedFields);
    previews.push({ type: type.name, ...rows, fields, attachments: files.get(type.name) ?? null });
  }
  return { against: active?.version ?? null, types: previews };
}

async function isInForce(tx: SqlRunner, type: string): Promise<boolean> {
  const rows = await query(tx, 'SELECT 1 FROM replication.view_catalog WHERE type = $1', [type]);
  return rows.length > 0;
}
