import {
  FormatError,
  type ConnectorKeyStore,
  type HeldSigner,
  type Signer,
  type TrustChain,
} from '../../src/replication/format/index.js';
import { SigningKeyMissing, SigningKeyUnreadable } from './publish.errors.js';

/**
 * The signing keys on this host, and the one among them that counts: the newest that the newest root lists. None is ever
 * made here by itself: a manifest under a key that no root lists would be refused by every reader.
 */
export class HeldSigners {
  private held: HeldSigner[] = [];
  private readAtRoot = 0;

  constructor(private readonly keys: ConnectorKeyStore) {}

  /** @throws SigningKeyMissing */
  chosen(chain: TrustChain): Signer {
    const found = this.find(chain);
    if (found === undefined) throw new SigningKeyMissing(chain.current.version);
    return found;
  }

  find(chain: TrustChain): Signer | undefined {
    const listed = chain.current.manifestKeys;
    return this.held.find(({ signer }) => listed.includes(signer.publicKey))?.signer;
  }

  /**
   * Reads the folder again where a root has come, or where no key fits so far. A key that an earlier root listed and the
   * newest does not is of no use to anybody but a thief, and goes.
   */
  async refresh(chain: TrustChain): Promise<void> {
    const { version, manifestKeys } = chain.current;
    if (this.readAtRoot === version && this.find(chain) !== undefined) return;
    this.held = await this.read();
    this.readAtRoot = version;
    if (this.find(chain) === undefined) return;
    const once = new Set(chain.history().flatMap((root) => root.manifestKeys));
    for (const { file, signer } of this.held) {
      const isRetired = once.has(signer.publicKey) && !manifestKeys.includes(signer.publicKey);
      if (isRetired) await this.keys.destroySigner(file);
    }
  }

  private async read(): Promise<HeldSigner[]> {
    try {
      return await this.keys.signers();
    } catch (error) {
      if (error instanceof FormatError) throw new SigningKeyUnreadable(error);
      throw error;
    }
  }
}
