export interface PartOf {
  /** both ends included */
  readonly start: number;
  readonly end: number;
}

/** `whole`: no range, or one that this server need not heed; `outside`: none of it is there (416). */
export type RequestedRange = PartOf | 'whole' | 'outside';

const single = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * RFC 9110, section 14. Several ranges, another unit and nonsense are answered with the whole, as it allows: nobody
 * should make the server open a file a thousand times in one request.
 */
export function parseRange(header: string | undefined, bytes: number): RequestedRange {
  const [, first = '', last = ''] = single.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'outside' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= bytes ? 'outside' : { start, end };
}

/** With `If-Range` the range counts only for exactly this version; a date never does, as we send none. */
export function isRangeCurrent(ifRange: string | string[] | undefined, entityTag: string): boolean {
  return ifRange === undefined || ifRange === entityTag;
}

/** Whether the caller has it already. */
export function isKnown(ifNoneMatch: string | undefined, entityTag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => ['*', entityTag, `W/${entityTag}`].includes(tag.trim()));
}
