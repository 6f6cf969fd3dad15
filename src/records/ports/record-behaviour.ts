import type { QueryRunner } from 'typeorm';
import type { RequestContext } from '../../platform/http/index.js';
import type { RecordTypeMeta } from '../metadata/record-type.meta.js';

/** A record's values by field name, in the same form as in the API's JSON; `custom` holds the custom ones. */
export type RecordData = Record<string, unknown>;

/** One record about to be written. `after` may be changed; what a behaviour sets there is stored and audited. */
export interface RecordChange {
  readonly type: RecordTypeMeta;
  readonly id: string;
  /** null for a new record */
  readonly before: Readonly<RecordData> | null;
  readonly after: RecordData;
  /** names of the fields that the caller gave */
  readonly given: ReadonlySet<string>;
  /** says why this record cannot be written; the others of the batch still can */
  readonly refuse: (path: string, message: string) => void;
}

/** A record on its way into the recycle bin or out of it. */
export interface RecordMove {
  readonly action: 'delete' | 'restore';
  readonly id: string;
  /** the whole record as it was before */
  readonly record: Readonly<RecordData>;
}

/** What a type does beyond create, read, update, delete; registered by its module with RecordBehaviours. */
export interface RecordBehaviour {
  /** name of the record type */
  readonly type: string;
  /**
   * Runs inside the write's transaction after validation, before the row is stored.
   * Gets a whole batch at once, so that an import of thousands does not look up the same thing thousands of times.
   */
  beforeWrite(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void>;
  /** Runs inside the write's transaction once the rows are stored: for what follows from them elsewhere. */
  afterWrite?(ctx: RequestContext, tx: QueryRunner, changes: readonly RecordChange[]): Promise<void>;
  /** Runs inside the transaction before a record goes to the recycle bin; throws to keep it. */
  beforeRemove?(ctx: RequestContext, tx: QueryRunner, id: string): Promise<void>;
  /** Runs inside the transaction once a record is in the recycle bin or out of it; throws to leave it where it was. */
  afterMove?(ctx: RequestContext, tx: QueryRunner, move: RecordMove): Promise<void>;
}
