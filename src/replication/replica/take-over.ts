// A generation that was made anew from the same rows: a replica that stands at the batch which it equals need not load
// its snapshot. It takes over the new place, and with it nothing but what it holds and has checked already.
import type { Pool } from 'pg';
import { FormatError, type Manifest } from '../format/index.js';
import { lockState, writeState, type AppliedState } from './replica-state.store.js';

/** Whether the manifest says that it is the state which is applied here. */
export function isSameState({ equals }: Manifest, state: AppliedState): boolean {
  return equals?.generation === state.generation && equals.n === state.n && equals.manifest === state.digest;
}

/** @returns false where another server on this database has moved on meanwhile @throws FormatError */
export async function takeOver(
  pool: Pool,
  manifest: Manifest,
  digest: string,
  expected: AppliedState,
): Promise<boolean> {
  assertSame(manifest, expected);
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const state = await lockState(client);
    const isSame = state?.digest === expected.digest;
    if (isSame) await writeState(client, manifest, digest, state);
    await client.query(isSame ? 'COMMIT' : 'ROLLBACK');
    return isSame;
  } catch (error) {
    failure = error instanceof Error ? error : new Error('taking over failed', { cause: error });
    throw error;
  } finally {
    client.release(failure);
  }
}

/** Its word alone is not enough: what it states must be what was added up here. */
function assertSame(manifest: Manifest, state: AppliedState): void {
  const spell = (types: Manifest['types']) =>
    types
      .map(({ type, count, checksum }) => `${type} ${String(count)} ${checksum}`)
      .sort()
      .join();
  const isSamePolicy =
    manifest.policy.version === state.policy.version && manifest.policy.hash === state.policy.hash;
  if (isSamePolicy && spell(manifest.types) === spell(state.types)) return;
  throw new FormatError('format.chain_broken', 'manifest: it is not the state that it says it equals');
}
