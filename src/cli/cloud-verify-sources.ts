import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBucket, s3OptionsOf, type Bucket, type S3Options } from '../platform/bucket/index.js';
import { loadConfig, type AppConfig } from '../platform/config/index.js';
import { createDataSource } from '../platform/database/index.js';
import { keyFolders } from '../replication/format/index.js';
import { PublishedBatches, type PremisesRecord } from '../replication/verify/index.js';
import { CliError } from './cli.errors.js';

export interface SourceOptions {
  config?: string;
  root?: string;
  bucket?: string;
  endpoint?: string;
  region?: string;
  pathStyle: boolean;
  premises: boolean;
}

interface Place extends SourceOptions {
  home: string;
  isHomeGiven: boolean;
}

interface Sources {
  root: Buffer;
  bucket: Bucket;
  premises?: PremisesRecord;
}

const wrong = (message: string) => new CliError(message, { exitCode: 2 });

/** Opens what the options name, or the configuration where they name nothing, and closes it afterwards. */
export async function withVerifySources<T>(place: Place, work: (sources: Sources) => Promise<T>): Promise<T> {
  const config = await configOf(place);
  const root = await readRoot(place, config);
  const bucket = await bucketOf(place, config);
  try {
    if (!place.premises || config === null) return await work({ root, bucket });
    return await withPremises(config, (premises) => work({ root, bucket, premises }));
  } finally {
    await bucket.close();
  }
}

/** null: root and bucket are named, and nothing else is needed. */
async function configOf(place: Place): Promise<AppConfig | null> {
  const { config, home, isHomeGiven, root, bucket, premises } = place;
  const isNeeded = root === undefined || bucket === undefined || premises;
  if (!isNeeded && config === undefined && !isHomeGiven) return null;
  const file = config ?? join(home, 'config', 'server.yaml');
  const isThere = (await stat(file).catch(() => null)) !== null;
  if (isThere) return loadConfig({ file });
  throw wrong(
    `There is no ${file}. Name an installation with --home or --config, or give --root FILE and --bucket URL.`,
  );
}

/** The pin must not come from the bucket that it is to judge. */
async function readRoot({ root }: Place, config: AppConfig | null): Promise<Buffer> {
  const path = root ?? pinOf(config);
  return readFile(path).catch(() => {
    throw wrong(`Cannot read the root of trust ${path}. Name the file with --root.`);
  });
}

function pinOf(config: AppConfig | null): string {
  const folders = keyFolders(config?.keys.folder ?? '');
  const folder = config?.role === 'replica' ? folders.replica(config.replica.name) : folders.connector;
  return join(folder, 'root.json');
}

async function bucketOf(place: Place, config: AppConfig | null): Promise<Bucket> {
  const url = place.bucket ?? config?.bucket.url;
  if (url === undefined || url === null)
    throw wrong('The configuration names no bucket. Give its address with --bucket.');
  const options: S3Options = {
    ...(config === null ? {} : s3OptionsOf(config.bucket)),
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    ...(place.region === undefined ? {} : { region: place.region }),
    ...(place.pathStyle ? { pathStyle: true } : {}),
  };
  if (url.includes('://')) return openBucket(url, options);
  const folder = resolve(url);
  const isFolder = (await stat(folder).catch(() => null))?.isDirectory() ?? false;
  if (!isFolder)
    throw wrong(`${folder} (--bucket) should be a folder, or an address like s3://bucket/prefix.`);
  return openBucket(pathToFileURL(folder).href, options);
}

async function withPremises<T>(
  config: AppConfig,
  work: (premises: PremisesRecord) => Promise<T>,
): Promise<T> {
  if (config.role === 'replica')
    throw wrong('--premises needs the configuration of a server on premises; this one is a replica’s.');
  const { url } = config.database;
  const settings = { url, entities: [], poolSize: 2, applicationName: 'holdfast verify' };
  const dataSource = await createDataSource(settings).initialize();
  try {
    return await work(new PublishedBatches(dataSource));
  } finally {
    await dataSource.destroy();
  }
}
