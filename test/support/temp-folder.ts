import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new, empty folder; under the run's own, which is removed at its end, where services were started. */
export async function makeTempFolder(name = 'test'): Promise<string> {
  return mkdtemp(join(process.env.HOLDFAST_TEST_FOLDER ?? tmpdir(), `${name}-`));
}
