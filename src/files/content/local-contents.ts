import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../../platform/database/index.js';
import { FileMissing, type ByteRange, type LocalFileStore } from '../../platform/file-store/index.js';
import { FILE_STORE } from '../files.options.js';
import type { AttachmentContents, ContentPlace } from './attachment-contents.port.js';

interface StoredBlob {
  store_name: string;
  bytes: string;
  wrapped_key: Buffer;
  key_id: string;
}

/** On premises: from the local store. */
@Injectable()
export class LocalContents implements AttachmentContents {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(FILE_STORE) private readonly store: LocalFileStore,
  ) {}

  async open({ blobId }: ContentPlace, range?: ByteRange): Promise<Readable> {
    const [blob] = await query<StoredBlob>(
      this.dataSource,
      'SELECT store_name, bytes, wrapped_key, key_id FROM files.blob WHERE id = $1',
      [blobId],
    );
    if (!blob) throw new FileMissing(new Error('no row in files.blob'));
    const file = { storeName: blob.store_name, bytes: Number(blob.bytes) };
    const dataKey = this.store.unwrap(file, { wrappedKey: blob.wrapped_key, keyId: blob.key_id });
    return this.store.open(file, dataKey, range);
  }
}
