import { open } from 'node:fs/promises';
import { CliError } from './cli.errors.js';

/** Above every file that a command takes whole. */
const MAX_BYTES = 1024 * 1024;

/** A small file that a person named. @throws CliError with exit code 2 */
export async function readInputFile(path: string): Promise<Buffer> {
  let file;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    if (size <= MAX_BYTES) return await file.readFile();
  } catch {
    throw new CliError(`Cannot read ${path}.`, { exitCode: 2 });
  } finally {
    await file?.close();
  }
  throw new CliError(`${path} is larger than 1 MiB, and no file of this kind is.`, { exitCode: 2 });
}
