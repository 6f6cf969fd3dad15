import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `work` with a folder of its own and removes it afterwards, however that went. */
export async function withTempFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
