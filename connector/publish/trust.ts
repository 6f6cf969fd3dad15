import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectNotFound, type Bucket } from '../../src/platform/bucket/index.js';
import {
  ConnectorKeyStore,
  FormatError,
  LIMITS,
  TrustChain,
  keyFolders,
  rootKey,
  type KeySeal,
  type Signer,
} from '../../src/replication/format/index.js';
import { ConnectorError } from '../connector.errors.js';
import { HeldSigners } from './held-signers.js';
import type { RootShelf } from './kept-roots.js';
import { RootConflict, RootRefused } from './publish.errors.js';
import { digestOfRecipients } from './recipients-digest.js';

/** Name of the pinned root in the connector's key folder, put there when the tenant's keys were made. */
export const PINNED_ROOT_FILE = 'root.json';

/**
 * Whom this connector seals to and what it signs with. The root is pinned on this host; later versions come from the
 * database on premises, and from the bucket, each believed only because the one before signed it. Root keys are never
 * read here.
 */
export class ConnectorTrust {
  private following: Promise<void> | null = null;
  private last: Promise<unknown> = Promise.resolve();
  /** known roots that may not be in the bucket yet, by version */
  private readonly undelivered = new Map<number, Buffer>();
  private isPinKept = false;
  private readonly pinnedVersion: number;
  private readonly pinnedRecipients: string;
  /** of the root that this use of keys was noted for */
  private notedUse = '';

  private constructor(
    readonly tenant: string,
    private readonly keys: ConnectorKeyStore,
    private readonly held: HeldSigners,
    readonly chain: TrustChain,
    private readonly pinned: Buffer,
    private readonly shelf: RootShelf,
  ) {
    this.pinnedVersion = chain.current.version;
    this.pinnedRecipients = this.sealedTo;
    this.undelivered.set(this.pinnedVersion, pinned);
  }

  static async load(keysFolder: string, tenant: string, shelf: RootShelf): Promise<ConnectorTrust> {
    const folder = keyFolders(keysFolder).connector;
    const pinned = await readPin(join(folder, PINNED_ROOT_FILE));
    const chain = TrustChain.pin(pinned, { tenant });
    const keys = new ConnectorKeyStore(folder);
    const held = new HeldSigners(keys);
    await held.refresh(chain).catch((error: unknown) => {
      // told when something is to be signed, where people see it
      if (!(error instanceof ConnectorError)) throw error;
    });
    return new ConnectorTrust(tenant, keys, held, chain, pinned, shelf);
  }

  /** The root that was put on this host by hand. */
  get pin(): { version: number; bytes: Buffer } {
    return { version: this.pinnedVersion, bytes: this.pinned };
  }

  /** What manifests and beats are signed with now. @throws SigningKeyMissing */
  get signer(): Signer {
    return this.held.chosen(this.chain);
  }

  /** @throws SigningKeyMissing */
  assertAbleToSign(): void {
    this.held.chosen(this.chain);
  }

  /** Age recipients of every replica that the newest root names. */
  recipients(): string[] {
    return this.chain.current.replicas.map((replica) => replica.recipient);
  }

  /** Digest of those recipients. */
  get sealedTo(): string {
    return digestOfRecipients(this.recipients());
  }

  /** The same of the root that was pinned: what stands for objects from before this was noted. */
  get sealedToAtFirst(): string {
    return this.pinnedRecipients;
  }

  /** Digests of the recipients of every known root none of whose replicas has been revoked since. */
  get stillTrusted(): string[] {
    const now = new Set(this.recipients());
    return this.chain
      .history()
      .map(({ replicas }) => replicas.map(({ recipient }) => recipient))
      .filter((recipients) => recipients.every((recipient) => now.has(recipient)))
      .map(digestOfRecipients);
  }

  /** Opens the data keys of files that are kept in the database. */
  fileKeySeal(): Promise<KeySeal> {
    return this.keys.fileKeySeal();
  }

  /** Takes the roots that have come into the database. Asks no bucket, so that a revocation holds while there is none. */
  takeUp(): Promise<void> {
    return this.inTurn(() => this.readShelf());
  }

  /**
   * The same, and follows the roots in the bucket. Lane and uploads ask at the same time; each root is taken once.
   */
  refresh(bucket: Bucket): Promise<void> {
    this.following ??= this.inTurn(() => this.follow(bucket)).finally(() => {
      this.following = null;
    });
    return this.following;
  }

  /** Puts the known roots where replicas find them; before anything that names them. @throws RootConflict */
  async deliver(bucket: Bucket): Promise<void> {
    for (const [version, root] of [...this.undelivered].sort(([a], [b]) => a - b)) {
      const standing = await rootOrNull(bucket, version);
      const isPut =
        standing === null && (await bucket.put(rootKey(version), root, { ifNoneMatch: true })).created;
      const there = isPut ? root : (standing ?? (await rootOrNull(bucket, version)));
      if (there?.equals(root) !== true) throw new RootConflict(version);
      this.undelivered.delete(version);
    }
  }

  private async readShelf(): Promise<void> {
    if (!this.isPinKept) await this.shelf.keep(this.pinnedVersion, this.pinned);
    this.isPinKept = true;
    for (const root of await this.shelf.after(this.chain.current.version)) this.accept(root);
    await this.held.refresh(this.chain);
    await this.noteUse();
  }

  private async follow(bucket: Bucket): Promise<void> {
    await this.readShelf();
    await this.deliver(bucket);
    for (;;) {
      const version = this.chain.current.version + 1;
      const next = await rootOrNull(bucket, version);
      if (next === null) break;
      this.accept(next);
      this.undelivered.delete(version);
      await this.shelf.keep(version, next);
    }
    await this.held.refresh(this.chain);
    await this.noteUse();
  }

  private accept(root: Buffer): void {
    const version = this.chain.current.version + 1;
    try {
      this.chain.extend(root);
    } catch (error) {
      if (error instanceof FormatError) throw new RootRefused(version, error);
      throw error;
    }
    this.undelivered.set(version, root);
  }

  private async noteUse(): Promise<void> {
    const { version } = this.chain.current;
    const key = this.held.find(this.chain)?.publicKey ?? null;
    const use = `${String(version)} ${key ?? ''}`;
    if (use === this.notedUse) return;
    await this.shelf.noteUse(version, key);
    this.notedUse = use;
  }

  /** Two that extend the chain at once would both take the same root. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work, work);
    this.last = next.catch(() => undefined);
    return next;
  }
}

export async function rootOrNull(bucket: Bucket, version: number): Promise<Buffer | null> {
  try {
    return await bucket.get(rootKey(version), { maxBytes: LIMITS.maxSmallObjectBytes });
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
