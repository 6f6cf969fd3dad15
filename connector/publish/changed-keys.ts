import { changesSinceSql } from '../../src/replication/changelog/index.js';
import { ATTACHMENT_TYPE, viewOf, type CloudType, type Fingerprints } from './cloud-catalog.js';
import type { OpenSnapshot } from './snapshot-reader.js';
import { ConnectorError } from '../connector.errors.js';

const NO_ID = '00000000-0000-0000-0000-000000000000';
const DEPENDENTS_CHUNK = 5_000;
/** Not a type: stands in the change log for a file whose object in the bucket changed. */
const BLOB_CHANGE = '*blob';
const FUNCTION_NAME = /^[a-z_."]+$/;
/** From here on the planner's guess about a table that it knows nothing of costs more than letting it look. */
const ANALYZE_FROM_ROWS = 5_000;

/**
 * Collects in the temporary table `batch_key` every row that a delta must look at. It stands in the database,
 * because a transaction may have changed millions of rows and this process has a bounded memory.
 */
export class ChangedKeys {
  /** @param since the snapshot of the state before, `xmin:xmax:xip` */
  async collect(open: OpenSnapshot, since: string, known: Fingerprints): Promise<void> {
    const changed = await this.insertChanged(open, since);
    const present = await presentTypes(open);
    if (changed >= ANALYZE_FROM_ROWS) await open.session.query('ANALYZE pg_temp.batch_key');
    await this.insertDependents(open, present);
    if (present.has(BLOB_CHANGE)) await this.insertAttachments(open);
    const whole = this.typesToDiff(open, known, present.has('*truncate'));
    for (const type of whole) await this.insertWholeType(open, type);
    if (whole.length > 0) await open.session.query('ANALYZE pg_temp.batch_key');
  }

  /** @returns how many rows were */
  protected async insertChanged(open: OpenSnapshot, since: string): Promise<number> {
    const { rowCount } = await open.session.query(
      `INSERT INTO pg_temp.batch_key (type, id, is_dependent)
       SELECT k.type, coalesce(k.id, '${NO_ID}'), false FROM (${this.changes(open, since)}) k ON CONFLICT DO NOTHING`,
    );
    return rowCount ?? 0;
  }

  protected changes(_open: OpenSnapshot, since: string): string {
    return changesSinceSql(since);
  }

  /** Rows whose membership or content hangs on a changed row of another type. */
  private async insertDependents(open: OpenSnapshot, present: ReadonlySet<string>): Promise<void> {
    for (const { type, dependentsFunction } of open.catalog.types) {
      if (dependentsFunction === null || !present.has(type)) continue;
      if (!FUNCTION_NAME.test(dependentsFunction))
        throw new ConnectorError('catalog-invalid', 'A dependents function has no plain name.');
      let last = NO_ID;
      for (;;) {
        const ids = await this.changedIds(open, type, last);
        if (ids.length === 0) break;
        await open.session.query(
          `INSERT INTO pg_temp.batch_key (type, id, is_dependent)
           SELECT d.type, d.id, true FROM ${dependentsFunction}($1::uuid[]) d ON CONFLICT DO NOTHING`,
          [ids],
        );
        last = ids.at(-1) ?? last;
      }
    }
  }

  /** Rows that show a file whose object came, went or was exchanged; the change log names the file. */
  private async insertAttachments(open: OpenSnapshot): Promise<void> {
    if (!open.catalog.types.some(({ type }) => type === ATTACHMENT_TYPE)) return;
    let last = NO_ID;
    for (;;) {
      const ids = await this.changedIds(open, BLOB_CHANGE, last);
      if (ids.length === 0) return;
      await open.session.query(
        `INSERT INTO pg_temp.batch_key (type, id, is_dependent)
         SELECT $2, a.id, true FROM replication.attachments_of_blobs($1::uuid[]) a ON CONFLICT DO NOTHING`,
        [ids, ATTACHMENT_TYPE],
      );
      last = ids.at(-1) ?? last;
    }
  }

  private async changedIds(open: OpenSnapshot, type: string, after: string): Promise<string[]> {
    const { rows } = await open.session.query<{ id: string }>(
      `SELECT id FROM pg_temp.batch_key WHERE type = $1 AND id > $2 AND NOT is_dependent ORDER BY id LIMIT ${String(DEPENDENTS_CHUNK)}`,
      [type, after],
    );
    return rows.map((row) => row.id);
  }

  /** A TRUNCATE concerns every type; a fingerprint that differs concerns its own. */
  private typesToDiff(open: OpenSnapshot, known: Fingerprints, isTruncated: boolean): CloudType[] {
    if (isTruncated) return open.catalog.types;
    return open.catalog.types.filter(({ type }) => open.catalog.fingerprints[type] !== known[type]);
  }

  private async insertWholeType(open: OpenSnapshot, { type }: CloudType): Promise<void> {
    await open.session.query(
      `INSERT INTO pg_temp.batch_key (type, id, is_dependent)
       SELECT $1, k.id, false FROM (
         SELECT l.id FROM replication.ledger l WHERE l.type = $1 UNION SELECT v.id FROM ${viewOf(type)} v) k
       ON CONFLICT DO NOTHING`,
      [type],
    );
  }
}

/** Types, and what stands beside them in the change log, of which `batch_key` holds any row. */
export async function presentTypes({ session }: OpenSnapshot): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ type: string }>('SELECT DISTINCT type FROM pg_temp.batch_key');
  return new Set(rows.map(({ type }) => type));
}
