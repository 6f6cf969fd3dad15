// The shortcuts that every hand-made change feed takes first. Each loses or mixes committed states, and lives
// here only to prove that the invariant test sees it.
import { ChangedKeys } from '../../../connector/publish/changed-keys.js';
import { parseSnapshot } from '../../../src/replication/changelog/index.js';
import type { ConnectorWorld } from './connector-world.js';
import { SnapshotReader, type OpenSnapshot } from '../../../connector/publish/snapshot-reader.js';

/** "Everything with a higher sequence number than last time": numbers are drawn before commits, so late ones are lost. */
export class SequenceCursor extends ChangedKeys {
  private last = '0';

  override async collect(...parameters: Parameters<ChangedKeys['collect']>): Promise<void> {
    const [open] = parameters;
    await super.collect(...parameters);
    const { rows } = await open.session.query<{ last: string }>(
      'SELECT coalesce(max(seq), 0) AS last FROM replication.change',
    );
    this.last = rows[0]?.last ?? this.last;
  }

  protected override changes(): string {
    return `SELECT c.type, c.id FROM replication.change c WHERE c.seq > ${this.last}`;
  }
}

/** "Only what every transaction is done with": the rows read are newer than the changes that are counted. */
export class XminHorizon extends ChangedKeys {
  protected override changes(open: OpenSnapshot, since: string): string {
    const xmin = (snapshot: string) => String(parseSnapshot(snapshot).xmin);
    return `SELECT c.type, c.id FROM replication.change c
      WHERE c.xid >= '${xmin(since)}'::xid8 AND c.xid < '${xmin(open.snapshot)}'::xid8`;
  }
}

/** A new snapshot for every statement: rows of different moments in one delta. */
export class ReadCommitted extends SnapshotReader {
  protected override readonly isolation = 'READ COMMITTED';
}

/** "Whoever hangs on it directly": what is two levels away keeps the state it had. */
export async function forgetDependents(world: ConnectorWorld, changed: string, far: string): Promise<void> {
  await world.sql(`ALTER FUNCTION cloud.dependents_${changed}(uuid[]) RENAME TO all_of_${changed};
    CREATE FUNCTION cloud.dependents_${changed}(ids uuid[]) RETURNS TABLE (type text, id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $fn$
      SELECT d.type, d.id FROM cloud.all_of_${changed}(ids) d WHERE d.type <> '${far}' $fn$;
    GRANT EXECUTE ON FUNCTION cloud.dependents_${changed}(uuid[]) TO holdfast_connector`);
}
