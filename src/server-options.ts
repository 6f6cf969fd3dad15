import type { AccessOptions } from './access/index.js';
import { AuditSigningKeyMissing, auditOrigin, type SealingOptions } from './audit/index.js';
import type { FileKeyWrapper, FilesOptions } from './files/index.js';
import type { openBucket } from './platform/bucket/index.js';
import { keyFolders, ServerKeyStore, wrapKey } from './replication/format/index.js';
import {
  fileKeyOf,
  installationOf,
  programVersion,
  publicUrlOf,
  fileStoreFolderOf,
  type AppConfig,
} from './platform/config/index.js';

/** What both roles of the server tell the access module. */
export function accessOptionsOf(config: AppConfig, role: 'primary' | 'replica'): AccessOptions {
  return {
    role,
    installation: installationOf(config),
    publicUrl: publicUrlOf(config),
    version: programVersion,
  };
}

/** What the server on premises tells the files module. */
export function filesOptionsOf(config: AppConfig): FilesOptions {
  const { maxBytes, labels, keepDeletedDays, keepUnusedHours } = config.files;
  return {
    folder: fileStoreFolderOf(config),
    keyFile: fileKeyOf(config),
    maxBytes,
    labels,
    keepDeletedDays,
    keepUnusedHours,
  };
}

/** Wraps keys of single files for the connector, whose public key lies in the server's own key folder. */
export function fileKeyWrapperOf(config: AppConfig): FileKeyWrapper {
  const keys = new ServerKeyStore(keyFolders(config.keys.folder).server);
  return {
    recipient: () => keys.connectorFileRecipient(),
    wrap: async (dataKey, recipient) => Buffer.from(await wrapKey(dataKey, [recipient])).toString('base64'),
  };
}

/** What signs the audit on premises; its key lies in the server's own key folder. */
export function sealingOptionsOf(config: AppConfig): SealingOptions {
  const keys = new ServerKeyStore(keyFolders(config.keys.folder).server);
  return {
    origin: auditOrigin(config.tenant.id),
    signer: async (mayCreate) => {
      const signer = await keys.auditSigner(mayCreate);
      if (!signer) throw new AuditSigningKeyMissing();
      return signer;
    },
  };
}

/** How the bucket is reached, beside its address. */
export function bucketOptionsOf(bucket: AppConfig['bucket']): Parameters<typeof openBucket>[1] {
  const { endpoint, region, forcePathStyle: pathStyle, accessKeyId, secretAccessKey } = bucket;
  return {
    pathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
    ...(accessKeyId === null ? {} : { accessKeyId }),
    ...(secretAccessKey === null ? {} : { secretAccessKey }),
  };
}
