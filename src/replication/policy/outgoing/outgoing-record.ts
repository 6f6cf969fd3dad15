import type { DataSource, QueryRunner } from 'typeorm';
import { query } from '../../../platform/database/index.js';
import type { RecordTypeMeta } from '../../../records/index.js';
import { rowTextSettings } from '../../format/index.js';
import { ensurePseudonymKey } from '../activation/pseudonym-key.js';
import { compilePolicy } from '../compile/compile-policy.js';
import { identifier } from '../compile/sql-text.js';
import type { CloudPolicy } from '../document/policy.model.js';
import { stayReasons, type StayReason } from './stay-reasons.js';

/** What becomes of one record under a policy. */
export interface Outgoing {
  readonly leaves: boolean;
  /** byte for byte what a batch carries of it; null where it stays home */
  readonly row: string | null;
  /** empty where it leaves */
  readonly reasons: readonly StayReason[];
}

/** Which policy to ask: the views in force, with their document where it can be read, or a document without views. */
export type AskedPolicy =
  | { readonly kind: 'in-force'; readonly policy: CloudPolicy | null }
  | { readonly kind: 'document'; readonly policy: CloudPolicy };

const timeoutMs = 30_000;

/**
 * Reads one record as the connector would read it, as holdfast_maintainer, in a transaction that is always rolled back.
 * Answers null where there is no such record.
 */
export async function outgoingRecord(
  maintainer: DataSource,
  asked: AskedPolicy,
  type: RecordTypeMeta,
  id: string,
): Promise<Outgoing | null> {
  const tx = maintainer.createQueryRunner();
  try {
    await tx.connect();
    await tx.startTransaction('REPEATABLE READ');
    await prepare(tx);
    const found = await query(tx, `SELECT 1 FROM ${type.table} t WHERE t.id = $1`, [id]);
    if (found.length === 0) return null;
    const row = await readRow(tx, asked, type, id);
    const reasons = row === null ? await stayReasons(tx, asked.policy, type, id) : [];
    return { leaves: row !== null, row, reasons };
  } finally {
    if (tx.isTransactionActive) await tx.rollbackTransaction().catch(() => undefined);
    await tx.release();
  }
}

async function prepare(tx: QueryRunner): Promise<void> {
  for (const [name, value] of Object.entries({ ...rowTextSettings, statement_timeout: String(timeoutMs) }))
    await query(tx, 'SELECT set_config($1, $2, true)', [name, value]);
}

async function readRow(
  tx: QueryRunner,
  asked: AskedPolicy,
  { name }: RecordTypeMeta,
  id: string,
): Promise<string | null> {
  const source =
    asked.kind === 'in-force' ? await viewInForce(tx, name) : await selectOf(tx, asked.policy, name);
  if (source === null) return null;
  const [found] = await query<{ row: string }>(
    tx,
    `SELECT row_to_json(v)::text AS row FROM ${source} v WHERE v.id = $1`,
    [id],
  );
  return found?.row ?? null;
}

async function viewInForce(tx: QueryRunner, type: string): Promise<string | null> {
  const rows = await query(tx, 'SELECT 1 FROM replication.view_catalog WHERE type = $1', [type]);
  return rows.length > 0 ? `cloud.${identifier(type)}` : null;
}

/** What the view would be made of. Before the first policy there is no key, and the pseudonyms shown are of one that is given up. */
async function selectOf(tx: QueryRunner, policy: CloudPolicy, type: string): Promise<string | null> {
  const view = compilePolicy(policy).views.find((each) => each.type === type);
  if (!view) return null;
  await ensurePseudonymKey(tx);
  return `(${view.select})`;
}
