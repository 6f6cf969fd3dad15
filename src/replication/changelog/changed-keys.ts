/** Text of a pg_snapshot, as PostgreSQL prints it: `xmin:xmax:xip,xip,…`. */
interface Snapshot {
  /** every transaction below it had ended */
  readonly xmin: bigint;
  /** no transaction from it on had begun */
  readonly xmax: bigint;
  /** still open in between */
  readonly open: readonly bigint[];
}

const form = /^(\d{1,20}):(\d{1,20}):((?:\d{1,20})(?:,\d{1,20})*)?$/;

function parseSnapshot(text: string): Snapshot {
  const [, xmin, xmax, open] = form.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined) throw new TypeError('this is not a pg_snapshot');
  return { xmin: BigInt(xmin), xmax: BigInt(xmax), open: open ? open.split(',').map(BigInt) : [] };
}

/**
 * SQL that answers `type`, `id` (distinct) of everything committed since `previous` and visible to the snapshot
 * that runs it: run it under REPEATABLE READ, after locking the views.
 *
 * Whatever began after `previous`, and whatever was still open in it. The ids of transactions stand in the text
 * as literals, and the two halves are a UNION ALL, because only so does each use the index on xid: 1 ms at a
 * million rows, where NOT pg_visible_in_snapshot(…) reads them all.
 */
export function changedKeysSql(previous: string): string {
  const { xmax, open } = parseSnapshot(previous);
  const begun = `SELECT type, id FROM replication.change WHERE xid >= '${String(xmax)}'::xid8`;
  if (open.length === 0) return `SELECT DISTINCT type, id FROM (${begun}) c`;
  const list = `'{${open.map(String).join(',')}}'::xid8[]`;
  const wasOpen = `SELECT type, id FROM replication.change WHERE xid = ANY (${list})`;
  return `SELECT DISTINCT type, id FROM (${begun} UNION ALL ${wasOpen}) c`;
}
