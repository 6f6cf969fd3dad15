import { BucketRefused } from './bucket.errors.js';
import { MAX_PARTS, type PartTag } from './bucket.port.js';

export function assertPartNumber(partNumber: number): void {
  if (Number.isInteger(partNumber) && partNumber >= 1 && partNumber <= MAX_PARTS) return;
  throw new BucketRefused('bucket.part_invalid', `a part's number is from 1 to ${String(MAX_PARTS)}`);
}

/** Buckets refuse parts out of order; said here, so that all of them do it alike. */
export function assertPartOrder(parts: readonly PartTag[]): void {
  if (parts.length === 0) throw new BucketRefused('bucket.part_invalid', 'an upload has at least one part');
  let before = 0;
  for (const { partNumber } of parts) {
    assertPartNumber(partNumber);
    if (partNumber <= before) throw new BucketRefused('bucket.part_invalid', 'parts come in ascending order');
    before = partNumber;
  }
}
