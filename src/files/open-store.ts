import { DataSource } from 'typeorm';
import { query } from '../platform/database/index.js';
import { FileKeyRefused, FileKeys, LocalFileStore } from '../platform/file-store/index.js';
import type { FilesOptions } from './files.options.js';

/**
 * The store of this installation. Looks at start, not at the first download, whether the key file fits what is stored.
 * @throws FileKeyRefused
 */
export async function openStore(
  dataSource: DataSource,
  { folder, keyFile }: Pick<FilesOptions, 'folder' | 'keyFile'>,
): Promise<LocalFileStore> {
  const keys = await FileKeys.load(keyFile, async () => {
    const [row] = await query<{ used: boolean }>(
      dataSource,
      'SELECT EXISTS (SELECT 1 FROM files.blob) AS used',
    );
    return row?.used !== true;
  });
  const [foreign] = await query<{ key_id: string }>(
    dataSource,
    'SELECT key_id FROM files.blob WHERE key_id <> ALL ($1) LIMIT 1',
    [keys.ids],
  );
  if (foreign)
    throw new FileKeyRefused(
      `The key file ${keyFile} has no key ${foreign.key_id}, which stored files need. Put back the line from its backup.`,
    );
  return new LocalFileStore(folder, keys);
}
