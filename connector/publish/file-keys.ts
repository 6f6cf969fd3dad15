// The data keys of files travel among the lines of the batch that shows them. So a new generation has those of the files
// that stay, sealed to its own readers, and those of erased files go with the keys of the generation before.
import type { BlobEntry, KeySeal } from '../../src/replication/format/index.js';
import { ConnectorError } from '../connector.errors.js';
import type { ConnectorDatabase } from '../connector-database.js';
import type { OpenSnapshot } from './snapshot-reader.js';

const AT_ONCE = 5_000;

/** The secret that kept the keys is another now. The files concerned are sent anew; the next attempt goes without them. */
class FileKeysLost extends ConnectorError {
  constructor(files: number) {
    super(
      'file-keys-lost',
      `The kept keys of ${String(files)} files cannot be opened with the secret in the key folder; these files are sent again.`,
    );
  }
}

export class FileKeys {
  constructor(
    private readonly db: ConnectorDatabase,
    private readonly seal: () => Promise<KeySeal>,
  ) {}

  /**
   * Objects of the time when the header had the key get no line.
   * @param line takes the key of one object
   * @returns how many lines there are
   * @throws FileKeysLost
   */
  async write(
    open: OpenSnapshot,
    added: readonly BlobEntry[],
    line: (name: string, key: Buffer) => Promise<void>,
  ): Promise<number> {
    if (added.length === 0) return 0;
    const seal = await this.seal();
    const lost: string[] = [];
    let written = 0;
    for (let at = 0; at < added.length; at += AT_ONCE) {
      const names = added.slice(at, at + AT_ONCE).map(({ name }) => name);
      const { rows } = await open.session.query<{ name: string; sealed: Buffer }>(
        `SELECT object_name AS name, sealed_data_key AS sealed FROM replication.blob_object
         WHERE object_name = ANY ($1) AND sealed_data_key IS NOT NULL ORDER BY object_name`,
        [names],
      );
      for (const { name, sealed } of rows) {
        const key = openedOrNull(seal, name, sealed);
        if (key === null) lost.push(name);
        else await line(name, key);
      }
      written += rows.length;
    }
    if (lost.length > 0) await this.sendAnew(lost);
    return written;
  }

  /** Beside the snapshot's own transaction, which is given up. */
  private async sendAnew(names: string[]): Promise<never> {
    await this.db.query(
      `UPDATE replication.blob_object SET state = 'stale', updated_at = clock_timestamp()
       WHERE state = 'available' AND object_name = ANY ($1)`,
      [names],
    );
    throw new FileKeysLost(names.length);
  }
}

function openedOrNull(seal: KeySeal, name: string, sealed: Buffer): Buffer | null {
  try {
    return seal.open(name, sealed);
  } catch {
    return null;
  }
}
