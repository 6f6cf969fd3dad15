// What the product does against each fault of the fault table, as the smallest edits that take it out again. `find` must
// stand in its file exactly once, else the run fails: so the table cannot rot.
import { connector } from './connector.mjs';
import { reader } from './reader.mjs';
import { source } from './source.mjs';

/** @type {Record<string, { what: string, edits: { file: string, find: string, replace: string }[] }>} */
export const defences = { ...connector, ...source, ...reader };
