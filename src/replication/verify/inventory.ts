import { parseManifestKey, parsePartKey } from '../format/index.js';
import type { Findings } from './findings.js';
import { kindOf } from './object-kinds.js';
import type { ObjectReader } from './object-reader.js';

export interface Inventory {
  objects: number;
  bytes: number;
  /** objects that look like ones of this format */
  known: number;
  /** with manifests or parts, ascending */
  generations: number[];
  /** the highest that has manifests, 0 where none has */
  newest: number;
}

/** One listing of everything: how much there is, and what does not belong there. */
export async function takeInventory(reader: ObjectReader, findings: Findings): Promise<Inventory> {
  const { progress } = reader;
  const generations = new Set<number>();
  let [known, newest] = [0, 0];
  for await (const { key, size } of reader.list('')) {
    progress.totalObjects += 1;
    progress.totalBytes += size;
    if (kindOf(key) === null)
      findings.add('error', 'verify.unknown_key', key, 'no object of this format has such a key');
    else known += 1;
    const place = parseManifestKey(key);
    if (place !== null) newest = Math.max(newest, place.generation);
    const generation = (place ?? parsePartKey(key))?.generation;
    if (generation !== undefined) generations.add(generation);
  }
  const { totalObjects: objects, totalBytes: bytes } = progress;
  return { objects, bytes, known, newest, generations: [...generations].sort((a, b) => a - b) };
}
