// Where the administrator's roots of trust are made: with the root key that only this side holds, and laid into the
// database, from which the connector takes them. The database decides nothing: whoever could write into it would still
// lack the key that a root is signed with.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AuditEntry, AuditTrail } from '../../audit/index.js';
import { query, withTransaction } from '../../platform/database/index.js';
import type { RequestContext } from '../../platform/http/index.js';
import { FormatError, keyFolders, RootKeyStore, TrustChain } from '../format/index.js';
import { closeGate } from '../policy/index.js';
import { PublishingHolds, RootTaken, TrustBroken } from './trust.errors.js';

export interface TrustSettings {
  tenant: string;
  /** `keys.folder` of the installation */
  keysFolder: string;
  /** where the root key lies, if not in there */
  rootFolder?: string;
}

/** What a root changes, for the audit and for the connector. */
export interface RootChange {
  action: string;
  /** in words, one fact each: they stand in the audit in clear */
  facts: readonly string[];
  /** why everything has to be sealed again; null where it has not */
  newGeneration: string | null;
}

const UNIQUE_VIOLATION = '23505';
const PINNED_ROOT_FILE = 'root.json';

/** The roots above the pin, and which of them only the folder of root keys has: the database was set back then. */
interface KnownRoots {
  pin: Buffer;
  all: Map<number, Buffer>;
  missing: Map<number, Buffer>;
}

/** The chain of roots as this installation knows it. */
export class TrustKeeper {
  private constructor(
    readonly dataSource: DataSource,
    private readonly audit: Pick<AuditTrail, 'append'>,
    private readonly store: RootKeyStore,
    readonly chain: TrustChain,
    private readonly known: KnownRoots,
  ) {}

  /** @throws TrustBroken where no root is here, or those that are do not follow from one another */
  static async open(
    dataSource: DataSource,
    audit: Pick<AuditTrail, 'append'>,
    settings: TrustSettings,
  ): Promise<TrustKeeper> {
    const folders = keyFolders(settings.keysFolder);
    const store = new RootKeyStore(settings.rootFolder ?? folders.root);
    return asTrust(async () => {
      const { pin, chain } = await pinned(store, folders.connector, settings.tenant);
      const roots = await followRoots(dataSource, store, chain);
      return new TrustKeeper(dataSource, audit, store, chain, { pin, ...roots });
    });
  }

  /** The next root, signed; not in force before it is {@link publish}ed. @throws TrustBroken where the root key is not here */
  sign(change: Parameters<RootKeyStore['nextRoot']>[1]): Promise<Buffer> {
    return asTrust(() => this.store.nextRoot(this.chain, change));
  }

  /** @param publish is given a root that both the old and the fresh root key have signed */
  withFreshRootKey(publish: (root: Buffer) => Promise<void>): Promise<void> {
    return asTrust(() => this.store.rotateRootKey(this.chain, publish));
  }

  /**
   * Makes a root the newest, in one transaction with its audit entry and, where everything has to be sealed again, with
   * the request for it. Waits for what the connector is just putting into the bucket: once this is done, nothing that
   * was made under the root before becomes readable any more that a `newGeneration` takes back.
   * @throws RootTaken, PublishingHolds
   */
  async publish(ctx: RequestContext, object: Buffer, change: RootChange): Promise<void> {
    const { version } = await asTrust(() => Promise.resolve(this.chain.extend(object)));
    await withTransaction(this.dataSource, async (tx) => {
      await closeGate(tx, () => new PublishingHolds());
      for (const [known, root] of this.known.missing) await insertRoot(tx, known, root);
      await insertRoot(tx, version, object);
      if (change.newGeneration !== null) await requestGeneration(tx, ctx, change.newGeneration);
      await this.audit.append(tx, ctx, [entryOf(version, change)]);
    });
    this.known.all.set(version, object);
    this.known.missing.clear();
    await this.keepHistory();
  }

  /** So that the folder of root keys alone can carry the chain on, whatever happens to the database. */
  private async keepHistory(): Promise<void> {
    await this.store.keepPin(this.known.pin);
    for (const [version, object] of this.known.all) await this.store.keepRoot(version, object);
  }
}

/** The root that the chain starts from: the administrator's own, or at first the one that the connector was given. */
async function pinned(
  store: RootKeyStore,
  connectorFolder: string,
  tenant: string,
): Promise<{ pin: Buffer; chain: TrustChain }> {
  const own = await store.pin();
  if (own !== null) return { pin: own, chain: TrustChain.pin(own, { tenant }) };
  const pin = await readPinOf(connectorFolder);
  // The connector's folder proves nothing to who decides about the connector: the key here must have signed it.
  const signedBy = await store.keyId();
  return { pin, chain: TrustChain.pin(pin, { tenant, ...(signedBy === null ? {} : { signedBy }) }) };
}

async function followRoots(
  dataSource: DataSource,
  store: RootKeyStore,
  chain: TrustChain,
): Promise<{ all: Map<number, Buffer>; missing: Map<number, Buffer> }> {
  const rows = await query<{ version: number; object: Buffer }>(
    dataSource,
    'SELECT version, object FROM replication.trust_root WHERE version > $1 ORDER BY version',
    [chain.current.version],
  );
  const inRows = new Map(rows.map(({ version, object }) => [version, object]));
  const kept = await store.keptRoots();
  const [all, missing] = [new Map<number, Buffer>(), new Map<number, Buffer>()];
  for (let version = chain.current.version + 1; ; version += 1) {
    const [inDatabase, inFolder] = [inRows.get(version), kept.get(version)];
    const root = inDatabase ?? inFolder;
    if (root === undefined) return { all, missing };
    if (inFolder !== undefined && !inFolder.equals(root)) {
      const what = `The database holds another root ${String(version)} than the folder of root keys.`;
      throw new TrustBroken(
        `${what} One of them is not of this installation; find out which before going on.`,
      );
    }
    chain.extend(root);
    all.set(version, root);
    if (inDatabase === undefined) missing.set(version, root);
  }
}

async function insertRoot(tx: QueryRunner, version: number, object: Buffer): Promise<void> {
  try {
    await query(tx, 'INSERT INTO replication.trust_root (version, object) VALUES ($1, $2)', [
      version,
      object,
    ]);
  } catch (error) {
    throw (error as { code?: unknown }).code === UNIQUE_VIOLATION ? new RootTaken(version) : error;
  }
}

async function requestGeneration(tx: QueryRunner, ctx: RequestContext, reason: string): Promise<void> {
  await query(
    tx,
    'INSERT INTO replication.generation_request (reason, requested_by, stops_publishing) VALUES ($1, $2, true)',
    [reason, ctx.principal.name],
  );
}

function entryOf(version: number, { action, facts }: RootChange): AuditEntry {
  const fieldNames = [`root ${String(version)}`, ...facts];
  return { action, type: 'trustRoot', recordId: null, fieldNames, before: null, after: null };
}

async function readPinOf(connectorFolder: string): Promise<Buffer> {
  try {
    return await readFile(join(connectorFolder, PINNED_ROOT_FILE));
  } catch (error) {
    throw new TrustBroken(
      'There is no root of trust here (root.json in the folder of root keys, or in the connector’s). Put back the folder of root keys from its backup, or name it with --root-keys.',
      error instanceof Error ? error : undefined,
    );
  }
}

/** What the format says of a root, for a person who can do something about it. */
async function asTrust<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new TrustBroken(`The roots of trust cannot be used: ${error.message}.`, error);
  }
}
