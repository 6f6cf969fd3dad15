import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  blobListKey,
  encodeBlobList,
  type Manifest,
  type PartEntry,
} from '../../src/replication/format/index.js';
import type { AttachmentChanges } from './attachment-references.js';
import type { BatchPlace } from './batch-writer.js';

/** Above so many entries the manifest names a list instead, so that it stays small. */
const MOST_IN_MANIFEST = 5_000;
export const LIST_FILE = 'files-list';

/** What the manifest says of attachments. A long list is written to the spool and goes up before the manifest. */
export async function stateAttachments(
  { available, pending, added, condemned }: AttachmentChanges,
  { generation, n, epoch, folder }: BatchPlace,
): Promise<Manifest['attachments']> {
  if (added.length + condemned.length <= MOST_IN_MANIFEST)
    return { available, pending, added, condemned, lists: [] };
  const { bytes, entry } = encodeBlobList(blobListKey(generation, n, epoch), added, condemned);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, LIST_FILE), bytes, { mode: 0o600, flush: true });
  return { available, pending, added: [], condemned: [], lists: [entry] satisfies PartEntry[] };
}
