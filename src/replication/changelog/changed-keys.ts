/** Text of a pg_snapshot, as PostgreSQL prints it: `xmin:xmax:xip,xip,…`. */
export interface Snapshot {
  /** every transaction below it had ended */
  readonly xmin: bigint;
  /** no transaction from it on had begun */
  readonly xmax: bigint;
  /** still open in between */
  readonly open: readonly bigint[];
}

const form = /^(\d{1,20}):(\d{1,20}):((?:\d{1,20})(?:,\d{1,20})*)?$/;

/** @throws TypeError where the text is none */
export function parseSnapshot(text: string): Snapshot {
  const [, xmin, xmax, open] = form.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined) throw new TypeError('this is not a pg_snapshot');
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), open: open ? open.split(',').map(BigInt) : [] };
}

/**
 * SQL that answers `type`, `id` of everything committed since `previous` and visible to the snapshot that runs it,
 * once per change: run it under REPEATABLE READ, after locking the views.
 *
 * Whatever began after `previous`, and whatever was still open in it. The ids of transactions stand in the text
 * as literals, and the two halves are a UNION ALL, because only so does each use the index on xid: 1 ms at a
 * million rows, where NOT pg_visible_in_snapshot(…) reads them all.
 */
export function changesSinceSql(previous: string): string {
  const { xmax, open } = parseSnapshot(previous);
  const begun = `SELECT type, id FROM replication.change WHERE xid >= '${String(xmax)}'::xid8`;
  if (open.length === 0) return begun;
  const list = `'{${open.map(String).join(',')}}'::xid8[]`;
  return `${begun} UNION ALL SELECT type, id FROM replication.change WHERE xid = ANY (${list})`;
}
