import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditOrigin, verifyAudit, type AuditVerification, type VerifyOptions } from '../audit/index.js';
import { openBucket, type Bucket } from '../platform/bucket/index.js';
import type { AppConfig } from '../platform/config/index.js';
import { createDataSource } from '../platform/database/index.js';
import {
  auditCheckpointKey,
  auditCheckpointPrefix,
  keyFolders,
  parseAuditCheckpointKey,
  ServerKeyStore,
  verifySignature,
} from '../replication/format/index.js';
import { CliError } from './cli.errors.js';
import { followTenantRoots, PINNED_ROOT_FILE } from './tenant-roots.js';

export const configFileOf = (home: string): string => join(home, 'config', 'server.yaml');

export interface VerificationSources {
  readonly bucket: { readonly url: string; readonly options: Parameters<typeof openBucket>[1] } | null;
  /** a pinned root of trust; the one in the keys folder where it is null */
  readonly root: string | null;
}

const names = {
  prefix: auditCheckpointPrefix,
  keyOf: auditCheckpointKey,
  sizeOf: parseAuditCheckpointKey,
};

/** Verifies the audit of the database that a configuration names. */
export async function runVerification(
  config: AppConfig,
  sources: VerificationSources,
  onProgress: NonNullable<VerifyOptions['onProgress']>,
): Promise<AuditVerification> {
  if (config.role !== 'primary')
    throw new CliError('Only the audit on premises is sealed; this is another role.');
  const bucket = sources.bucket && openBucket(sources.bucket.url, sources.bucket.options);
  const dataSource = createDataSource({
    url: config.database.url,
    entities: [],
    poolSize: 2,
    applicationName: 'holdfast audit verify',
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  });
  try {
    const publicKeys = await auditKeys(config, sources.root, bucket);
    await dataSource.initialize();
    return await verifyAudit(dataSource, {
      trust: { origin: auditOrigin(config.tenant.id), publicKeys, check: verifySignature },
      anchor: bucket && { bucket, names },
      onProgress,
    });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    await bucket?.close();
  }
}

/** Those of the roots of trust; on a server that has no pinned root, its own. */
async function auditKeys(
  config: AppConfig,
  root: string | null,
  bucket: Bucket | null,
): Promise<readonly string[]> {
  const folders = keyFolders(config.keys.folder);
  const pin = root ?? join(folders.connector, PINNED_ROOT_FILE);
  if (root !== null && !existsSync(root)) throw new CliError(`--root: there is no file ${root}.`);
  const keys = existsSync(pin)
    ? (await followTenantRoots({ pin, tenant: config.tenant.id, bucket })).auditKeys
    : [await new ServerKeyStore(folders.server).auditSigner(false)].flatMap(
        (signer) => signer?.publicKey ?? [],
      );
  if (keys.length === 0)
    throw new CliError(
      'No key of the audit is known: the root of trust names none, and this host has none.',
      {
        details: ['Start the installation once with this version, or name a root with --root.'],
      },
    );
  return keys;
}
