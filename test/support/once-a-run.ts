// Tests run in several processes; what is dear to make is made by the first that asks, and the others wait for it.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from './wait-for.js';

const WAIT_MS = 300_000;

/**
 * Lets `make` fill a folder once. @returns the folder
 * @throws what `make` threw, also in those who waited
 */
export async function onceARun(folder: string, make: (folder: string) => Promise<void>): Promise<string> {
  const note = join(folder, 'made.json');
  if (await isFirst(folder)) {
    const error = await make(folder).then(
      () => null,
      (thrown: unknown) => String(thrown),
    );
    await writeFile(`${note}.new`, JSON.stringify({ error }));
    await rename(`${note}.new`, note);
  }
  const read = async () => JSON.parse(await readFile(note, 'utf8')) as { error: string | null };
  const { error } = await waitFor(read, {
    timeoutMs: WAIT_MS,
    intervalMs: 100,
    what: `${folder} to be made`,
  });
  if (error !== null) throw new Error(error);
  return folder;
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
