import type { DataSource } from 'typeorm';
import type { Bucket } from '../../platform/bucket/index.js';
import { query, withTransaction, type SqlRunner } from '../../platform/database/index.js';
import { AnchorCheck, anchoredSizes, type AnchorNames } from './anchor.js';
import { CheckpointWalk, type AuditTrust } from './checkpoint-walk.js';
import { Findings, type Finding } from './findings.js';
import { checkOutsideTree } from './outside-tree.js';
import { TreeWalk } from './tree-walk.js';

export interface AuditVerification {
  /** entries with a place in the tree */
  readonly entries: number;
  /** entries that wait for one; up to a minute's */
  readonly waiting: number;
  /** in the database */
  readonly checkpoints: number;
  /** null: there is none to compare with, so a database that was rewritten as a whole cannot be told */
  readonly anchor: { readonly checkpoints: number; readonly size: number; readonly at: string } | null;
  readonly findings: readonly Finding[];
  /** findings beyond the thousand that are kept */
  readonly omitted: number;
}

export interface VerifyOptions {
  readonly trust: AuditTrust;
  readonly anchor: { readonly bucket: Bucket; readonly names: AnchorNames } | null;
  readonly onProgress?: (entries: number, of: number) => void;
}

/** Holds every row of the audit against the tree, and the tree against the signed checkpoints, here and in the bucket. */
export async function verifyAudit(
  dataSource: DataSource,
  options: VerifyOptions,
): Promise<AuditVerification> {
  const { anchor, trust } = options;
  const sizes = anchor ? await anchoredSizes(anchor.bucket, anchor.names) : [];
  const findings = new Findings();
  const seen = await withTransaction(dataSource, (tx) => readDatabase(tx, sizes, findings, options), {
    isolation: 'REPEATABLE READ',
  });
  const check = anchor && new AnchorCheck(anchor.bucket, anchor.names, trust, findings);
  const newest = await check?.run(sizes, seen.walk.size, seen.walk.roots);
  return {
    entries: seen.walk.size,
    waiting: seen.waiting,
    checkpoints: seen.checkpoints,
    anchor: newest ? { checkpoints: sizes.length, size: newest.size, at: newest.at.toISOString() } : null,
    findings: findings.kept,
    omitted: findings.omitted,
  };
}

async function readDatabase(
  tx: SqlRunner,
  sizes: readonly number[],
  findings: Findings,
  { trust, onProgress }: VerifyOptions,
): Promise<{ walk: TreeWalk; waiting: number; checkpoints: number }> {
  await query(tx, 'SET TRANSACTION READ ONLY');
  const [counts] = await query<{ waiting: string; entries: string }>(
    tx,
    `SELECT (SELECT count(*) FROM audit.tree_queue) AS waiting,
       (SELECT coalesce(max(leaf_index) + 1, 0) FROM audit.tree_leaf) AS entries`,
  );
  const checkpoints = new CheckpointWalk(tx, trust, findings);
  const of = Number(counts?.entries ?? 0);
  const walk = new TreeWalk(tx, checkpoints, findings, {
    sizes,
    onProgress: (entries) => onProgress?.(entries, of),
  });
  await walk.run();
  await checkpoints.rest(walk.size);
  await checkOutsideTree(tx, walk, checkpoints.passed?.at ?? null, findings);
  await checkSizes(tx, sizes, walk.size, findings);
  return { walk, waiting: Number(counts?.waiting ?? 0), checkpoints: checkpoints.count };
}

/** Checkpoints that are in the bucket and no longer in the database. */
async function checkSizes(
  tx: SqlRunner,
  sizes: readonly number[],
  size: number,
  findings: Findings,
): Promise<void> {
  const rows = await query<{ size: string }>(
    tx,
    `SELECT w.size FROM unnest($1::bigint[]) AS w (size) LEFT JOIN replication.audit_checkpoint c USING (size)
     WHERE c.size IS NULL AND w.size <= $2 ORDER BY 1`,
    [sizes, size],
  );
  for (const row of rows)
    findings.add({
      code: 'checkpoint-missing',
      detail: `The checkpoint of ${row.size} entries is in the bucket and no longer in the database.`,
    });
}
