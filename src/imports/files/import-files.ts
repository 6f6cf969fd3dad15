// Uploaded files and error files: personal data, so they are readable by this user only and go when they are done with.
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { IMPORT_OPTIONS, type ImportOptions } from '../imports.options.js';

/** `<id>.csv` what was sent, `<id>.errors.csv` what failed, `<id>.<upload>.part` what is on its way. */
const fileName = /^([0-9a-f-]{36})\.(csv|errors\.csv|[0-9a-f-]{36}\.part)$/;
const dayMs = 24 * 3_600_000;

export interface StoredFile {
  readonly importId: string;
  readonly kind: 'upload' | 'errors' | 'part';
  readonly name: string;
}

@Injectable()
export class ImportFiles {
  constructor(@Inject(IMPORT_OPTIONS) private readonly options: ImportOptions) {}

  upload(importId: string): string {
    return join(this.options.folder, `${importId}.csv`);
  }

  errors(importId: string): string {
    return join(this.options.folder, `${importId}.errors.csv`);
  }

  /**
   * Stores a file under a name of its own as it streams in: two that are sent at once do not mix.
   * @returns its path, for `keep` or `drop`; nothing stays behind when the stream breaks off
   */
  async receive(importId: string, body: Readable): Promise<string> {
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    const part = join(this.options.folder, `${importId}.${uuidv7()}.part`);
    try {
      await pipeline(body, createWriteStream(part, { mode: 0o600, flush: true }));
      return part;
    } catch (error) {
      await this.drop(part);
      throw error;
    }
  }

  async keep(importId: string, part: string): Promise<void> {
    await rename(part, this.upload(importId));
  }

  async drop(part: string): Promise<void> {
    await rm(part, { force: true });
  }

  async dropUpload(importId: string): Promise<void> {
    await this.drop(this.upload(importId));
  }

  async list(): Promise<StoredFile[]> {
    const names = await readdir(this.options.folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return names.flatMap((name) => {
      const [, importId, ending] = fileName.exec(name) ?? [];
      if (importId === undefined) return [];
      const kind = ending === 'csv' ? 'upload' : ending === 'errors.csv' ? 'errors' : 'part';
      return [{ importId, kind, name }];
    });
  }

  async remove(file: StoredFile): Promise<void> {
    await this.drop(join(this.options.folder, file.name));
  }

  /** No upload takes a day; its server died. */
  async isLeftOver(file: StoredFile): Promise<boolean> {
    const found = await stat(join(this.options.folder, file.name)).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > dayMs;
  }
}
