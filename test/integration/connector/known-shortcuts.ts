// The three shortcuts that every hand-made change feed takes first. Each loses or mixes committed states, and lives
// here only to prove that the invariant test sees it.
import { ChangedKeys } from '../../../connector/publish/changed-keys.js';
import { parseSnapshot } from '../../../src/replication/changelog/index.js';
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
