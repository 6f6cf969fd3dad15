import type { RequestContext } from '../../platform/http/index.js';
import { query } from '../../platform/database/index.js';
import { fingerprintOf } from './enrolment-check.js';
import { manifestKeysOf } from './life-spans.js';
import type { TrustKeeper } from './trust-keeper.js';
import { LastManifestKey, ManifestKeyInUse, ManifestKeyKnown, ManifestKeyUnknown } from './trust.errors.js';

/**
 * Lists another key that may sign manifests, beside the present ones. The connector that holds it takes it up by itself;
 * then the old one can be retired.
 * @param key base64
 */
export async function addManifestKey(keeper: TrustKeeper, ctx: RequestContext, key: string): Promise<void> {
  const { chain } = keeper;
  const known = manifestKeysOf(chain.history()).find((span) => span.key === key);
  if (known !== undefined) throw new ManifestKeyKnown(known.since);
  const root = await keeper.sign({ manifestKeys: [...chain.current.manifestKeys, key] });
  const facts = [`key ${fingerprintOf(key)}`];
  await keeper.publish(ctx, root, { action: 'manifest-key-added', facts, newGeneration: null });
}

/**
 * What it signs from now on is refused. What it has signed stays good as far as the newest word of the connector continues
 * it, which a reader that comes new would have to walk back along: a new generation spares it that.
 * @param beginning of its fingerprint
 */
export async function retireManifestKey(
  keeper: TrustKeeper,
  ctx: RequestContext,
  beginning: string,
  isForced: boolean,
): Promise<string> {
  const { version, manifestKeys } = keeper.chain.current;
  const found = manifestKeys.filter((key) => fingerprintOf(key).startsWith(beginning));
  const [key] = found;
  if (key === undefined || found.length > 1) throw new ManifestKeyUnknown(beginning);
  const rest = manifestKeys.filter((each) => each !== key);
  if (rest.length === 0) throw new LastManifestKey();
  const used = await signingKeyUnder(keeper, version);
  if (!isForced && (used === null || used === key)) throw new ManifestKeyInUse(fingerprintOf(key), version);
  const root = await keeper.sign({ manifestKeys: rest });
  await keeper.publish(ctx, root, {
    action: 'manifest-key-retired',
    facts: [`key ${fingerprintOf(key)}`],
    newGeneration: `the manifest key ${fingerprintOf(key)} was retired`,
  });
  return key;
}

/** A fresh root key in place of the present one. */
export async function rotateRootKey(keeper: TrustKeeper, ctx: RequestContext): Promise<void> {
  await keeper.withFreshRootKey((root) =>
    keeper.publish(ctx, root, { action: 'root-key-rotated', facts: [], newGeneration: null }),
  );
}

/** Base64, as the connector noted it under this root; null where none has taken it up. */
async function signingKeyUnder({ dataSource }: TrustKeeper, version: number): Promise<string | null> {
  const [row] = await query<{ signing_key: string | null }>(
    dataSource,
    'SELECT signing_key FROM replication.trust_root WHERE version = $1',
    [version],
  );
  return row?.signing_key ?? null;
}
