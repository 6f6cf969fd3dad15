import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TAG_BYTES } from '../crypto/index.js';
import { FileDamaged, FileKeyRefused } from './file-store.errors.js';
import type { WrappedDataKey } from './file-store.port.js';

const NONCE_BYTES = 12;
const line = /^(name|key) ([0-9a-f]{64})$/;

/**
 * The key file: one `name` key, from which the names of stored files are made, and any number of `key` lines. The last
 * one wraps new data keys, those before it still unwrap. A new last line is a rotation; the upkeep re-wraps the rest.
 */
export class FileKeys {
  private constructor(
    private readonly nameKey: Buffer,
    private readonly keys: ReadonlyMap<string, Buffer>,
    readonly currentId: string,
  ) {}

  get ids(): string[] {
    return [...this.keys.keys()];
  }

  storeName(sha256: Buffer): string {
    return createHmac('sha256', this.nameKey).update(sha256).digest('hex');
  }

  /** Bound to the file's name: a wrapped key moved to another row does not open. */
  wrap(dataKey: Buffer, storeName: string): WrappedDataKey {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key(this.currentId), nonce).setAAD(context(storeName));
    const wrappedKey = Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
    return { wrappedKey, keyId: this.currentId };
  }

  unwrap({ wrappedKey, keyId }: WrappedDataKey, storeName: string): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.key(keyId), wrappedKey.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    try {
      decipher.setAAD(context(storeName)).setAuthTag(wrappedKey.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(wrappedKey.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new FileDamaged('the wrapped data key does not open', error);
    }
  }

  /**
   * @param mayCreate says whether nothing was stored yet; only then is a missing key file made
   * @throws FileKeyRefused in words for the administrator
   */
  static async load(path: string, mayCreate: () => Promise<boolean>): Promise<FileKeys> {
    const found = await readKeyFile(path);
    if (found !== null) return FileKeys.parse(found, path);
    if (!(await mayCreate()))
      throw new FileKeyRefused(
        `The key file ${path} is missing, and files were stored with it. Put it back from the backup of the keys folder.`,
      );
    await createKeyFile(path);
    return FileKeys.parse((await readKeyFile(path)) ?? '', path);
  }

  private static parse(text: string, path: string): FileKeys {
    const names: Buffer[] = [];
    const keys = new Map<string, Buffer>();
    for (const row of text.split(/\r?\n/).filter((row) => row.trim() !== '' && !row.startsWith('#'))) {
      const [, kind, hex] = line.exec(row.trim()) ?? [];
      if (kind === undefined || hex === undefined)
        throw new FileKeyRefused(
          `The key file ${path} is damaged: a line is neither "name" nor "key" with 64 hex digits.`,
        );
      const key = Buffer.from(hex, 'hex');
      if (kind === 'name') names.push(key);
      else keys.set(idOf(key), key);
    }
    const [nameKey] = names;
    const currentId = [...keys.keys()].at(-1);
    if (names.length !== 1 || nameKey === undefined || currentId === undefined)
      throw new FileKeyRefused(
        `The key file ${path} is damaged: it needs one "name" line and at least one "key" line.`,
      );
    return new FileKeys(nameKey, keys, currentId);
  }

  private key(id: string): Buffer {
    const key = this.keys.get(id);
    if (key === undefined)
      throw new FileKeyRefused(
        `The key file has no key ${id}, which a stored file needs. Put its line back.`,
      );
    return key;
  }
}

/** A digest, so it gives nothing away. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('holdfast file key').update(key).digest('hex').slice(0, 16);

const context = (storeName: string): Buffer => Buffer.from(`holdfast-file-key/1 ${storeName}`, 'latin1');

async function readKeyFile(path: string): Promise<string | null> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new FileKeyRefused(`The key file ${path} cannot be read.`, error);
  }
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0 && process.platform !== 'win32')
      throw new FileKeyRefused(`The key file ${path} can be read by others: chmod 600 ${path}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Linked into place, so that nobody reads half a file and the first of two makers wins. */
async function createKeyFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`name ${randomBytes(32).toString('hex')}\nkey ${randomBytes(32).toString('hex')}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}
