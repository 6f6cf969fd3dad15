const MODULUS = 1n << 256n;

/** Count and the sums of eight 32-bit limbs; OFFSET 0 keeps the planner from computing each digest eight times. */
export function checksumSql(rows: string, innerParameter: string, outerParameter: string): string {
  const limbs = Array.from(
    { length: 8 },
    (_, index) => `coalesce(sum(('x' || substr(h, ${String(index * 8 + 1)}, 8))::bit(32)::bigint), 0)::text`,
  );
  return `SELECT count(*)::text AS count, ARRAY[${limbs.join(', ')}] AS limbs FROM (
    SELECT encode(sha256(${outerParameter}::bytea || sha256(${innerParameter}::bytea
      || convert_to(row_to_json(r)::text, 'UTF8'))), 'hex') AS h FROM (${rows}) r OFFSET 0) digests`;
}

export interface ChecksumRow {
  count: string;
  limbs: string[];
}

export interface RowSum {
  count: number;
  sum: bigint;
}

export function toRowSum(row: ChecksumRow | undefined): RowSum {
  const limbs = row?.limbs ?? [];
  const sum = limbs.reduce((total, limb) => (total << 32n) + BigInt(limb), 0n);
  return { count: Number(row?.count ?? 0), sum: sum % MODULUS };
}

/** State after taking `removed` out and putting `added` in. */
export function afterChange(
  before: { count: number; checksum: string },
  removed: RowSum,
  added: RowSum,
): { count: number; checksum: string } {
  const sum = (BigInt(`0x${before.checksum}`) - removed.sum + added.sum + MODULUS) % MODULUS;
  return { count: before.count - removed.count + added.count, checksum: sum.toString(16).padStart(64, '0') };
}
