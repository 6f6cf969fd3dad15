import { query, type SqlRunner } from '../../platform/database/index.js';
import { AuditTreeBroken } from '../audit.errors.js';
import { hashOfRange, type LeafRange } from './ranges.js';
import { rightEdge, TreeHasher, type SubtreeHash } from './tree-hasher.js';

const nameOf = (level: number, index: number): string => `${level}/${index}`;
const nothing = Buffer.alloc(32);

/** How many leaves have a place in the tree. */
export async function treeSize(runner: SqlRunner): Promise<number> {
  const [row] = await query<{ size: string }>(
    runner,
    'SELECT coalesce(max(leaf_index) + 1, 0) AS size FROM audit.tree_leaf',
  );
  return Number(row?.size ?? 0);
}

/** Hashes of ranges of a tree that holds them all, from a few hundred stored ones. @throws AuditTreeBroken */
export async function hashesOfRanges(runner: SqlRunner, ranges: readonly LeafRange[]): Promise<Buffer[]> {
  const wanted = new Map<string, { level: number; index: number }>();
  // A first pass finds out what is needed, so that the database is asked twice and not hundreds of times.
  for (const range of ranges)
    hashOfRange(range, (level, index) => {
      wanted.set(nameOf(level, index), { level, index });
      return nothing;
    });
  const found = await fetchHashes(runner, [...wanted.values()]);
  return ranges.map((range) =>
    hashOfRange(range, (level, index) => {
      const hash = found.get(nameOf(level, index));
      if (!hash) throw new AuditTreeBroken(`it lacks the hash ${index} of level ${level}`);
      return hash;
    }),
  );
}

/** A hasher that goes on where the stored tree ends. @throws AuditTreeBroken */
export async function resumeTree(runner: SqlRunner, size: number): Promise<TreeHasher> {
  const edge = rightEdge(size);
  const hashes = await hashesOfRanges(
    runner,
    edge.map(({ level, index }) => ({ from: index * 2 ** level, to: (index + 1) * 2 ** level })),
  );
  return new TreeHasher(
    size,
    edge.map(({ level }, place) => ({ level, hash: hashes[place] ?? nothing })),
  );
}

export async function storeNodes(runner: SqlRunner, nodes: readonly SubtreeHash[]): Promise<void> {
  if (nodes.length === 0) return;
  await query(
    runner,
    `INSERT INTO audit.tree_node (level, node_index, hash)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
    [nodes.map(({ level }) => level), nodes.map(({ index }) => index), nodes.map(({ hash }) => hash)],
  );
}

async function fetchHashes(
  runner: SqlRunner,
  wanted: readonly { level: number; index: number }[],
): Promise<Map<string, Buffer>> {
  const leaves = wanted.filter(({ level }) => level === 0).map(({ index }) => index);
  const nodes = wanted.filter(({ level }) => level > 0);
  const rows = await query<{ level: number; place: string; hash: Buffer }>(
    runner,
    `SELECT 0 AS level, leaf_index AS place, hash FROM audit.tree_leaf WHERE leaf_index = ANY ($1::bigint[])
     UNION ALL
     SELECT n.level, n.node_index, n.hash FROM audit.tree_node n
     JOIN unnest($2::smallint[], $3::bigint[]) AS w (level, node_index) USING (level, node_index)`,
    [leaves, nodes.map(({ level }) => level), nodes.map(({ index }) => index)],
  );
  return new Map(rows.map(({ level, place, hash }) => [nameOf(level, Number(place)), hash]));
}
