import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FormatError } from './format.errors.js';

/** Files with keys: 0600 in a folder of mode 0700. A file that others could read is refused rather than used. */
export class KeyFolder {
  constructor(readonly path: string) {}

  async read(name: string): Promise<string | null> {
    let file;
    try {
      file = await open(join(this.path, name), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return null;
      throw new FormatError('format.key_missing', `key file ${name} cannot be read`, { cause: error });
    }
    try {
      const { mode } = await file.stat();
      if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
        throw new FormatError('format.key_missing', `key file ${name} can be read by others: chmod 600`);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  }

  async require(name: string): Promise<string> {
    const text = await this.read(name);
    if (text === null) throw new FormatError('format.key_missing', `key file ${name} is missing`);
    return text;
  }

  /** What the file holds, made with `generate` where there is none yet; of several makers one wins. */
  async readOrCreate(name: string, generate: () => string): Promise<string> {
    const existing = await this.read(name);
    if (existing !== null) return existing;
    await this.create(name, generate());
    return this.require(name);
  }

  /** @returns false where the file exists already; it is never overwritten */
  async create(name: string, text: string): Promise<boolean> {
    const temporary = await this.writeTemporary(text);
    try {
      await link(temporary, join(this.path, name));
      await this.sync();
      return true;
    } catch (error) {
      if (isSystemError(error, 'EEXIST')) return false;
      throw error;
    } finally {
      await unlink(temporary);
    }
  }

  async replace(name: string, text: string): Promise<void> {
    await rename(await this.writeTemporary(text), join(this.path, name));
    await this.sync();
  }

  /** Overwrites before it unlinks. On copy-on-write or flash storage that is a gesture: encrypt the disk as well. */
  async destroy(name: string): Promise<void> {
    const path = join(this.path, name);
    let size: number;
    try {
      ({ size } = await stat(path));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return;
      throw error;
    }
    const file = await open(path, 'r+');
    try {
      await file.write(randomBytes(size), 0, size, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await unlink(path);
    await this.sync();
  }

  async names(): Promise<string[]> {
    try {
      return (await readdir(this.path)).filter((name) => !name.startsWith('.')).sort();
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return [];
      throw error;
    }
  }

  private async writeTemporary(text: string): Promise<string> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    const path = join(this.path, `.new-${randomBytes(8).toString('hex')}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  private async sync(): Promise<void> {
    const folder = await open(this.path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function isSystemError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
