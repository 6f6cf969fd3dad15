import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectNotFound, type Bucket } from '../../src/platform/bucket/index.js';
import {
  ConnectorKeyStore,
  TrustChain,
  keyFolders,
  rootKey,
  type Signer,
} from '../../src/replication/format/index.js';
import { ConnectorError } from '../connector.errors.js';

/** Name of the pinned root in the connector's key folder, put there when the tenant's keys were made. */
export const PINNED_ROOT_FILE = 'root.json';

/**
 * Whom this connector seals to and what it signs with. The root is pinned on this host; later versions are fetched
 * from the bucket, each believed only because the one before signed it. Root keys are never read here.
 */
export class ConnectorTrust {
  private following: Promise<void> | null = null;

  private constructor(
    readonly tenant: string,
    readonly signer: Signer,
    readonly chain: TrustChain,
    private readonly pinned: Buffer,
    private readonly pinnedVersion = chain.current.version,
  ) {}

  static async load(keysFolder: string, tenant: string): Promise<ConnectorTrust> {
    const folder = keyFolders(keysFolder).connector;
    const pinned = await readPin(join(folder, PINNED_ROOT_FILE));
    return new ConnectorTrust(
      tenant,
      await new ConnectorKeyStore(folder).signer(),
      TrustChain.pin(pinned, { tenant }),
      pinned,
    );
  }

  /** The root that was put on this host by hand. */
  get pin(): { version: number; bytes: Buffer } {
    return { version: this.pinnedVersion, bytes: this.pinned };
  }

  /** Age recipients of every replica that the newest root names. */
  recipients(): string[] {
    return this.chain.current.replicas.map((replica) => replica.recipient);
  }

  /**
   * Follows the roots in the bucket, and puts the pinned one there where the bucket is new. Lane and uploads ask at the
   * same time; each root is taken once.
   */
  refresh(bucket: Bucket): Promise<void> {
    this.following ??= this.follow(bucket).finally(() => {
      this.following = null;
    });
    return this.following;
  }

  private async follow(bucket: Bucket): Promise<void> {
    const pinnedKey = rootKey(this.pinnedVersion);
    if ((await bucket.head(pinnedKey)) === null)
      await bucket.put(pinnedKey, this.pinned, { ifNoneMatch: true });
    for (;;) {
      const next = await rootOrNull(bucket, this.chain.current.version + 1);
      if (next === null) return;
      this.chain.extend(next);
    }
  }
}

export async function rootOrNull(bucket: Bucket, version: number): Promise<Buffer | null> {
  try {
    return await bucket.get(rootKey(version));
  } catch (error) {
    if (error instanceof ObjectNotFound) return null;
    throw error;
  }
}

async function readPin(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ConnectorError(
      'trust-missing',
      `No pinned root of trust at ${path}; make the tenant's keys first.`,
      { cause: error },
    );
  }
}
