import type { ObjectInfo } from '../../platform/bucket/index.js';
import { FormatError, parsePartKey } from '../format/index.js';
import { count, type Look } from './look.js';

/**
 * An object that is put before the manifest that will name it. Nothing vouches for its bytes yet, but its header says
 * where it belongs, so a copy of another object is told from it.
 */
export async function checkInFlight(look: Look, { key, size }: ObjectInfo): Promise<void> {
  count(look.tally.inFlight, size);
  const place = parsePartKey(key);
  if (place !== null && place.part === null) return; // a list of attachments has no header
  try {
    const header = await look.reader.header(key);
    const { tenant } = look.trust.current;
    const itsTenant = header.kind === 'part' ? header.context.tenant : header.tenant;
    if (itsTenant !== tenant) throw new FormatError('format.other_tenant', 'belongs to another tenant');
    if (header.kind === 'blob') {
      if (header.name !== key) throw outOfPlace();
      if (header.objectBytes !== size)
        throw new FormatError('format.truncated', 'its header and its length disagree');
      return;
    }
    const { generation, n, part } = header.context;
    if (place?.generation !== generation || place.n !== n || place.part !== part) throw outOfPlace();
  } catch (error) {
    look.findings.refuse(key, error);
  }
}

function outOfPlace(): FormatError {
  return new FormatError('format.out_of_place', 'its header says that it belongs elsewhere');
}
