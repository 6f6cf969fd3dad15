import type { Position, TypeState } from '../format/index.js';

/** A batch as the premises recorded it before it left. */
export interface RecordedBatch {
  /** SHA-256 of its manifest */
  digest: string;
  types: TypeState[];
}

/** What the premises say that they published. Recent batches only: old ones are forgotten after a while. */
export interface PremisesRecord {
  /** Looks anew at what there is; before the bucket is read. */
  refresh(): Promise<void>;
  /** As of the last `refresh`. null: nothing was published */
  span(): Promise<{ oldest: Position; newest: Position } | null>;
  batch(at: Position): Promise<RecordedBatch | null>;
}
