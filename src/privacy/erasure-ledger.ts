// The ledger of erasures lies in files beside the database, because a backup of the database that is older than an
// erasure would bring the person back. Each entry is signed and names the one before, so that none can be taken out.
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  digestOf,
  FormatError,
  ServerKeyStore,
  signErasure,
  verifyErasure,
  type ErasureEntry,
} from '../replication/format/index.js';
import { ErasureLedgerBroken } from './erasure.errors.js';

export interface ErasureLedgerOptions {
  folder: string;
  /** of the server's keys */
  keysFolder: string;
  tenant: string;
}

export type NewEntry = Pick<ErasureEntry, 'id' | 'subject' | 'urgent' | 'requestedAt'>;

export class ErasureLedger {
  private readonly keys: ServerKeyStore;

  constructor(private readonly options: ErasureLedgerOptions) {
    this.keys = new ServerKeyStore(options.keysFolder);
  }

  /** On disk when it resolves. Of two servers that append at the same time each gets a number of its own. */
  async append(entry: NewEntry): Promise<ErasureEntry> {
    const signer = await this.keys.erasureSigner();
    for (;;) {
      const files = await this.files();
      const last = files.at(-1);
      const previous = last === undefined ? null : digestOf(await readFile(this.pathOf(last)));
      const sequence = files.length + 1;
      const { tenant } = this.options;
      const whole: ErasureEntry = {
        ...{ format: 'holdfast-erasure/1', tenant, sequence, id: entry.id, subject: entry.subject },
        ...{ urgent: entry.urgent, requestedAt: entry.requestedAt, previous },
      };
      if (await this.create(nameOf(sequence), signErasure(whole, signer))) return whole;
    }
  }

  /** Every entry, oldest first. @throws ErasureLedgerBroken where one is missing, changed or not this server's */
  async read(): Promise<ErasureEntry[]> {
    const { publicKey } = await this.keys.erasureSigner();
    const entries: ErasureEntry[] = [];
    let previous: string | null = null;
    for (const name of await this.files()) {
      const bytes = await readFile(this.pathOf(name));
      const entry = opened(bytes, publicKey, name);
      const isNext = entry.sequence === entries.length + 1 && nameOf(entry.sequence) === name;
      if (!isNext || entry.previous !== previous || entry.tenant !== this.options.tenant)
        throw new ErasureLedgerBroken(name);
      entries.push(entry);
      previous = digestOf(bytes);
    }
    return entries;
  }

  private pathOf(name: string): string {
    return join(this.options.folder, name);
  }

  private async files(): Promise<string[]> {
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    return (await readdir(this.options.folder)).filter((name) => /^\d{8}\.json$/.test(name)).sort();
  }

  private async create(name: string, bytes: Buffer): Promise<boolean> {
    const temporary = this.pathOf(`.new-${name}-${String(process.pid)}`);
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    try {
      await link(temporary, this.pathOf(name));
      await syncFolder(this.options.folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  }
}

function opened(bytes: Buffer, publicKey: string, name: string): ErasureEntry {
  try {
    return verifyErasure(bytes, publicKey);
  } catch (error) {
    if (error instanceof FormatError) throw new ErasureLedgerBroken(name, { cause: error });
    throw error;
  }
}

function nameOf(sequence: number): string {
  return `${String(sequence).padStart(8, '0')}.json`;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
