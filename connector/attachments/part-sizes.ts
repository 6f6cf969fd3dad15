const MIB = 1024 * 1024;
export const USUAL_PART_BYTES = 8 * MIB;
/** Below S3's 10,000, so that rounding never matters. */
const MOST_PARTS = 9_000;
/** Two on the wire, one that is filled meanwhile. */
export const BUFFERS_OF_UPLOAD = 3;

/** Depends on the object's length alone, so that a resumed upload cuts it the same way. */
export function partBytesFor(objectBytes: number): number {
  const needed = Math.ceil(objectBytes / MOST_PARTS / MIB) * MIB;
  return Math.max(USUAL_PART_BYTES, needed);
}
