import type { RecordData } from '../ports/record-behaviour.js';
import type { TextRow } from '../sql/record-database.js';

/** A select list and the function that turns its rows into the API's JSON. Compiled once per shape. */
export interface Projection {
  /** SQL after SELECT, over the alias `t` */
  readonly columns: string;
  readonly width: number;
  readonly toRecord: (row: TextRow) => RecordData;
}
