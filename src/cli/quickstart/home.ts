import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { databaseRoleNames, type DatabaseRole } from '../../platform/database/index.js';

/** What an installation keeps for itself between starts; every secret in it is random. */
export interface HomeState {
  readonly installation: string;
  readonly tenant: string;
  readonly passwords: Readonly<Record<DatabaseRole, string>>;
  /** sign-ins that the first start made, so that quickstart.json can be written again */
  readonly people: readonly { email: string; password: string; role: string; name: string }[];
  readonly apiToken?: string;
  readonly replicaApiToken?: string;
  readonly isDemoLoaded: boolean;
  readonly isPrepared: boolean;
}

/** The folder of one installation: who may read it, and where things stand in it. */
export class Home {
  constructor(readonly folder: string) {}

  get stateFile(): string {
    return join(this.folder, 'state.json');
  }
  get postgresFolder(): string {
    return join(this.folder, 'postgres');
  }
  get quickstartFile(): string {
    return join(this.folder, 'quickstart.json');
  }
  get bucketFolder(): string {
    return join(this.folder, 'bucket');
  }
  get bucketUrl(): string {
    return pathToFileURL(this.bucketFolder).href;
  }
  /** one subfolder per host that would hold them in production; see keyFolders */
  get keysFolder(): string {
    return join(this.folder, 'keys');
  }
  config(process: string): string {
    return join(this.folder, 'config', `${process}.yaml`);
  }
  log(process: string): string {
    return join(this.folder, 'logs', `${process}.log`);
  }

  async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    // Somebody's folder of other things keeps its mode (`--home /tmp`); what we make in it is closed by itself.
    if (await this.isOurs()) await chmod(this.folder, 0o700);
    for (const name of ['bucket', 'config', 'keys', 'logs', 'files'])
      await mkdir(join(this.folder, name), { recursive: true, mode: 0o700 });
  }

  private async isOurs(): Promise<boolean> {
    const names = await readdir(this.folder);
    return names.length === 0 || names.includes(basename(this.stateFile));
  }

  /** What earlier starts wrote down, or the beginnings of a new installation. */
  async open(): Promise<HomeState> {
    const saved = await readIfThere(this.stateFile);
    if (saved !== null) return JSON.parse(saved) as HomeState;
    const fresh = freshState();
    await this.save(fresh);
    return fresh;
  }

  save(state: HomeState): Promise<void> {
    return writeSecretFile(this.stateFile, `${JSON.stringify(state, null, 2)}\n`);
  }
}

/** Written beside and renamed, so that a kill in the middle leaves the old file; readable by its owner only. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, text, { mode: 0o600 });
  await chmod(beside, 0o600);
  await rename(beside, path);
}

/** null where there is no such file */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function freshState(): HomeState {
  const passwords = Object.fromEntries(databaseRoleNames.map((role) => [role, secret()])) as Record<
    DatabaseRole,
    string
  >;
  return {
    installation: randomBytes(4).toString('hex'),
    tenant: randomBytes(8).toString('hex'),
    passwords,
    people: [],
    isDemoLoaded: false,
    isPrepared: false,
  };
}

/** 192 bits, in letters that need no quoting in URLs and shells */
export function secret(): string {
  return randomBytes(24).toString('base64url');
}
