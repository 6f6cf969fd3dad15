import { ObjectNotFound, ObjectTooLarge } from '../../platform/bucket/index.js';
import {
  digestOf,
  FormatError,
  LIMITS,
  manifestPrefix,
  parseManifestKey,
  verifyManifest,
} from '../format/index.js';
import type { Inventory } from './inventory.js';
import type { Look } from './look.js';
import { CannotVerify } from './verify.errors.js';

const MOST_TRIED = 100;

/**
 * Whether the bucket is one that was made under this root at all: a terabyte of findings would be no answer for somebody
 * who took the wrong file.
 */
export async function assertOurs(look: Look, { known, newest }: Inventory): Promise<void> {
  if (known === 0) throw new CannotVerify('verify.empty', 'there is no replica in this bucket or folder');
  if (look.beat !== null || newest === 0) return;
  let tried = 0;
  for await (const { key } of look.reader.list(manifestPrefix())) {
    if (parseManifestKey(key) === null) continue;
    if (await isOurs(look, key)) return;
    tried += 1;
    if (tried === MOST_TRIED) break;
  }
  throw new CannotVerify(
    'verify.wrong_root',
    'nothing in this bucket was signed under the root that was given: another root, or another bucket',
  );
}

async function isOurs({ reader, trust }: Look, key: string): Promise<boolean> {
  try {
    const bytes = await reader.whole(key, LIMITS.maxManifestBytes);
    verifyManifest(bytes, trust, { tenant: trust.current.tenant, anchor: digestOf(bytes) });
    return true;
  } catch (error) {
    const isObject =
      error instanceof FormatError || error instanceof ObjectTooLarge || error instanceof ObjectNotFound;
    if (isObject) return false;
    throw error;
  }
}
