import { FormatError } from './format.errors.js';
import { KeyFolder } from './key-folder.js';
import { generateSigningKey, signerFrom, type Signer } from './signing-key.js';
import { signRoot, TrustChain, type TrustRoot } from './trust-root.js';

const ROOT_KEY = 'root.key';
/** The key that follows, while the root that names it is on its way. */
const NEXT_KEY = 'root.next.key';
const PIN = 'root.json';

type RootChange = Partial<Pick<TrustRoot, 'manifestKeys' | 'auditKeys' | 'inboxRecipient' | 'replicas'>>;

/** The administrator's keys. Their folder must be readable by nobody else, above all not by the connector. */
export class RootKeyStore {
  private readonly folder: KeyFolder;

  constructor(path: string) {
    this.folder = new KeyFolder(path);
  }

  /** The root key, made where there is none: for a new tenant only. Later roots are signed by {@link signerOf}. */
  async signer(): Promise<Signer> {
    return signerFrom(await this.folder.readOrCreate(ROOT_KEY, generateSigningKey));
  }

  /**
   * The key here that this root lists. Where a rotation was broken off after its root had gone out, this ends it.
   * @throws FormatError `format.key_missing` where none fits: a new key would be one that nobody believes
   */
  async signerOf(root: TrustRoot): Promise<Signer> {
    for (const name of [ROOT_KEY, NEXT_KEY]) {
      const pem = await this.folder.read(name);
      if (pem === null) continue;
      const signer = signerFrom(pem);
      if (!root.rootKeys.keys.includes(signer.publicKey)) continue;
      if (name === NEXT_KEY) await this.promote(pem);
      return signer;
    }
    throw new FormatError(
      'format.key_missing',
      `no key in the folder of root keys is one that root ${String(root.version)} lists`,
    );
  }

  /** Version 1. Name the connector's and the audit's public signing keys and the replicas' enrolments in `more`. */
  async firstRoot(
    tenant: string,
    more: Pick<TrustRoot, 'manifestKeys' | 'auditKeys' | 'replicas'>,
  ): Promise<Buffer> {
    const signer = await this.signer();
    const rest = { inboxRecipient: null, ...more };
    const rootKeys = { threshold: 1, keys: [signer.publicKey] };
    return signRoot({ format: 'holdfast-root/1', tenant, version: 1, createdAt: now(), rootKeys, ...rest }, [
      signer,
    ]);
  }

  /** The next version with some members changed: a rotated signing key, one replica more or less. */
  async nextRoot(chain: TrustChain, change: RootChange): Promise<Buffer> {
    return signRoot(following(chain, change), [await this.signerOf(chain.current)]);
  }

  /**
   * The next version under a fresh root key, signed by the old and the new one. The old key file is destroyed once
   * `publish` is done; where it fails, the old key stays in force.
   */
  async rotateRootKey(chain: TrustChain, publish: (root: Buffer) => Promise<void>): Promise<void> {
    const [old, pem] = [await this.signerOf(chain.current), generateSigningKey()];
    const fresh = signerFrom(pem);
    const rootKeys = { threshold: 1, keys: [fresh.publicKey] };
    await this.folder.replace(NEXT_KEY, pem);
    await publish(signRoot({ ...following(chain, {}), rootKeys }, [old, fresh]));
    await this.promote(pem);
  }

  private async promote(pem: string): Promise<void> {
    await this.folder.replace(ROOT_KEY, pem);
    await this.folder.destroy(NEXT_KEY);
  }

  /** Id of the key here, null where there is none: then roots can be looked at and not made. */
  async keyId(): Promise<string | null> {
    const pem = await this.folder.read(ROOT_KEY);
    return pem === null ? null : signerFrom(pem).keyId;
  }

  /** The root that this folder starts from, or null. */
  async pin(): Promise<Buffer | null> {
    const text = await this.folder.read(PIN);
    return text === null ? null : Buffer.from(text, 'utf8');
  }

  async keepPin(root: Buffer): Promise<void> {
    await this.folder.create(PIN, root.toString('utf8'));
  }

  /** Roots that were made here, by version: a database that was set back gets them from here again. */
  async keptRoots(): Promise<Map<number, Buffer>> {
    const found = new Map<number, Buffer>();
    for (const name of await this.folder.names()) {
      const [, version] = /^root-(\d{8})\.json$/.exec(name) ?? [];
      if (version !== undefined)
        found.set(Number(version), Buffer.from(await this.folder.require(name), 'utf8'));
    }
    return found;
  }

  async keepRoot(version: number, root: Buffer): Promise<void> {
    await this.folder.create(`root-${String(version).padStart(8, '0')}.json`, root.toString('utf8'));
  }
}

function following(chain: TrustChain, change: RootChange): TrustRoot {
  return { ...chain.current, ...change, version: chain.current.version + 1, createdAt: now() };
}

function now(): string {
  return new Date().toISOString();
}
