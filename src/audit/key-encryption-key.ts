import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditKeyMissing } from './audit.errors.js';
import { open as openBox, seal } from './sealing.js';

const keyBytes = 32;

/**
 * The one key that wraps the subjects' keys. It lives in a file, never in the database, so that a stolen database
 * tells nothing of old values; whoever backs up the database must back up the keys folder too.
 */
export class KeyEncryptionKey {
  /** names the key beside what it wrapped; a digest, so it gives nothing away */
  readonly id: string;

  constructor(private readonly key: Buffer) {
    this.id = createHash('sha256').update('holdfast audit key').update(key).digest('hex').slice(0, 16);
  }

  wrap(dataKey: Buffer, subject: string): Buffer {
    return seal(this.key, dataKey, subject);
  }

  unwrap(wrapped: Buffer, subject: string): Buffer {
    return openBox(this.key, wrapped, subject);
  }

  /**
   * Reads `audit.key` of the folder, or makes it where `mayCreate` says that nothing was wrapped before.
   * Two processes that start together end with the same key: the one that comes second reads the first one's.
   */
  static async load(folder: string, mayCreate: () => Promise<boolean>): Promise<KeyEncryptionKey> {
    const path = join(folder, 'audit.key');
    const found = await readKey(path);
    if (found) return new KeyEncryptionKey(found);
    if (!(await mayCreate())) throw new AuditKeyMissing(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await createKey(path);
    const made = await readKey(path);
    if (!made) throw new AuditKeyMissing(path);
    return new KeyEncryptionKey(made);
  }
}

async function readKey(path: string): Promise<Buffer | null> {
  try {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
    if (key.length !== keyBytes) throw new AuditKeyMissing(path);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Linked into place, so that nobody ever reads half a key and the first of two wins. */
async function createKey(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}
